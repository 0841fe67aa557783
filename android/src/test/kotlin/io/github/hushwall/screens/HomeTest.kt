package io.github.hushwall.screens

import android.content.Intent
import android.provider.Settings
import android.view.View
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.control.Facts
import io.github.hushwall.control.Outage
import io.github.hushwall.control.State
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowVpnService

@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class HomeTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk
    private val question = Intent("question")

    @Before
    fun androidHasAQuestion() = ShadowVpnService.setPrepareResult(question)

    @Test
    fun `from launch to Android's question is one tap`() {
        desk.everOn = false
        desk.show(State.Off)
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        application.settle()
        button(home, R.string.action_turn_on).performClick()
        val asked = shadowOf(home).nextStartedActivityForResult
        assertEquals("question", asked.intent.action)

        shadowOf(home).receiveResult(asked.intent, android.app.Activity.RESULT_OK, null)
        assertTrue(desk.asked.toString(), "consentAnswered true" in desk.asked)
    }

    @Test
    fun `consent that was given once is not asked for again`() {
        ShadowVpnService.setPrepareResult(null)
        desk.show(State.Off, FakeDesk.facts(State.Off))
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        button(home, R.string.action_turn_on).performClick()
        assertTrue("turnOn" in desk.asked)
    }

    @Test
    fun `nothing blocks before the first draw`() {
        desk.show(State.Protected(31, null))
        val controller = Robolectric.buildActivity(HomeActivity::class.java).create().start().resume()
        // FakeDesk throws where a record is read on the main thread; and nothing at all was asked for.
        assertEquals(emptyList<String>(), desk.asked)
        controller.visible()
        application.settle()
        assertEquals(listOf("refresh"), desk.asked)
        controller.close()
    }

    @Test
    fun `a state is one stop for a reader, and begins with the state`() {
        desk.show(State.Protected(31, null))
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        val spoken = Look.all(home.window.decorView).mapNotNull { it.contentDescription?.toString() }
        assertEquals("On. 31 apps covered", spoken.first())
    }

    @Test
    fun `only what is not protecting is said at once`() {
        desk.show(State.Protected(31, null))
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        val headline = Look.all(home.window.decorView).filterIsInstance<HeadlineView>().single()
        assertEquals(View.ACCESSIBILITY_LIVE_REGION_POLITE, headline.accessibilityLiveRegion)
        desk.show(State.NotRunning(0))
        application.settle()
        assertEquals(View.ACCESSIBILITY_LIVE_REGION_ASSERTIVE, headline.accessibilityLiveRegion)
    }

    @Test
    fun `pause and off are where they are looked for`() {
        desk.show(State.Protected(31, null))
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        Look.all(home.window.decorView).filterIsInstance<TextView>().first { it.text == "Pause 15 minutes" }.performClick()
        button(home, R.string.action_turn_off).performClick()
        assertEquals(listOf("pause", "turnOff"), desk.asked - "refresh")
    }

    @Test
    fun `a card that was dismissed stays away when Home is opened anew, until something newer happens`() {
        fun home(outage: Outage): android.app.Activity {
            desk.show(State.Protected(31, null), FakeDesk.facts(State.Protected(31, null)).copy(outage = outage))
            return Robolectric.setupActivity(HomeActivity::class.java).also { application.settle() }
        }
        button(home(FakeDesk.OUTAGE), R.string.action_dismiss).performClick()
        application.settle()
        assertNull(find(home(FakeDesk.OUTAGE), R.string.action_dismiss))
        assertNotNull(find(home(FakeDesk.OUTAGE.copy(to = FakeDesk.NOW)), R.string.action_dismiss))
    }

    private fun home(facts: Facts): android.app.Activity {
        desk.show(State.Protected(31, null), facts)
        return Robolectric.setupActivity(HomeActivity::class.java).also { application.settle() }
    }

    private val well get() = FakeDesk.facts(State.Protected(31, null))

    @Test
    fun `what was dismissed while it was so is told anew when it comes about anew`() {
        val locked = well.copy(lockdown = true, coversAll = true)
        button(home(locked), R.string.action_dismiss).performClick()
        application.settle()
        assertNull(find(home(locked), R.string.action_dismiss))
        home(well)
        assertNotNull(find(home(locked), R.string.action_dismiss))
    }

    @Test
    fun `a setting that the phone took back is a card, and its button opens that setting`() {
        desk.checks = listOf(Check(Check.Kind.ALWAYS_ON, Check.State.TO_DO, lostAt = FakeDesk.NOW))
        val home = home(well)
        assertTrue(says(home, "\"Always-on VPN\" was on, and is off again."))
        button(home, R.string.action_fix).performClick()
        assertEquals(Settings.ACTION_VPN_SETTINGS, shadowOf(home).nextStartedActivity.action)
    }

    @Test
    fun `an old list says what brings a newer one`() {
        val home = home(well.copy(listDay = System.currentTimeMillis() - 125 * 86_400_000L))
        assertTrue(says(home, "The list is 4 months old. A newer one comes with a newer version of Hushwall."))
        button(home, R.string.action_update).performClick()
        assertEquals(ListsActivity::class.java.name, shadowOf(home).nextStartedActivity.component?.className)
    }

    @Test
    fun `where no app is to be covered the first screen says so, and offers to choose`() {
        desk.apps = emptyList()
        desk.everOn = false
        desk.show(State.Off)
        val home = Robolectric.setupActivity(HomeActivity::class.java)
        application.settle()
        assertTrue(says(home, home.getString(R.string.line_nothing)))
        assertNotNull(find(home, R.string.action_choose_apps))
    }

    private fun says(page: android.app.Activity, words: String) =
        Look.all(page.window.decorView).any { it is TextView && it.text.toString() == words }

    private fun find(page: android.app.Activity, label: Int): View? =
        Look.all(page.window.decorView).find { it is TextView && it.text == page.getString(label) }

    private fun button(page: android.app.Activity, label: Int): TextView =
        Look.all(page.window.decorView).filterIsInstance<TextView>().first { it.text == page.getString(label) }
}
