package io.github.hushwall.screens

import android.content.Intent
import android.view.View
import android.widget.TextView
import io.github.hushwall.R
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

    private fun find(page: android.app.Activity, label: Int): View? =
        Look.all(page.window.decorView).find { it is TextView && it.text == page.getString(label) }

    private fun button(page: android.app.Activity, label: Int): TextView =
        Look.all(page.window.decorView).filterIsInstance<TextView>().first { it.text == page.getString(label) }
}
