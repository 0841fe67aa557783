package io.github.hushwall.screens

import android.content.Intent
import android.os.Build
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.State
import io.github.hushwall.record.StopRow
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** From what was stopped to what is let through. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class WhyTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk
    private val label = if (Build.VERSION.SDK_INT >= 29) R.string.action_allow_app else R.string.action_allow_all

    private val stop = FakeDesk.STOPS[0].copy(shared = false)

    private fun open(stop: Stop): WhyActivity {
        desk.stops = listOf(stop)
        desk.show(State.Protected(31, null))
        val intent = Intent().putExtra(WhyActivity.KEY, stop.key)
        return Robolectric.buildActivity(WhyActivity::class.java, intent).setup().get().also { application.settle() }
    }

    private fun now(stop: Stop) = stop.copy(last = System.currentTimeMillis())

    @Test
    fun `allowing for one app makes a rule, and removing it takes it back`() {
        val why = open(stop)
        button(why, label).performClick()
        val rule = checkNotNull(desk.shown).settings.rules.single()
        assertEquals("tracking.intl.miui.com", rule.name)
        assertEquals(if (Build.VERSION.SDK_INT >= 29) "android" else null, rule.app)
        button(why, R.string.action_remove_rule).performClick()
        assertEquals(emptyList<Any>(), checkNotNull(desk.shown).settings.rules)
    }

    @Test
    fun `a rule that would be for nobody is not offered`() {
        for (transport in Verdict.Transport.values()) {
            val verdict = stop.verdict.copy(transport = transport, seen = Verdict.Seen.ADDRESS)
            val why = open(stop.copy(verdict = verdict))
            val offered = transport != Verdict.Transport.ICMP
            assertEquals("$transport", Build.VERSION.SDK_INT >= 29 && offered, says(why, R.string.action_allow_app))
            assertEquals("$transport", Build.VERSION.SDK_INT >= 29 && !offered, says(why, R.string.all_only))
            assertTrue(says(why, R.string.action_allow_all))
        }
    }

    @Test
    fun `a rule for parts of one identity, and tries without end, are said`() {
        val parts = stop.copy(shared = true, times = 1, storm = StopRow.Storm(240, 60_000))
        val why = open(parts)
        assertEquals(Build.VERSION.SDK_INT >= 29, says(why, R.string.action_allow_parts))
        assertTrue(says(why, R.string.system_why))
        val texts = Look.all(why.window.decorView).filterIsInstance<TextView>().map { it.text.toString() }
        assertTrue(texts.toString(), "It asks again and again, which may use battery: 240 times within 1 min." in texts)
        assertTrue(texts.toString(), "Tried 1 time. The answer came from this phone, and nothing was sent." in texts)
    }

    @Test
    fun `the usual refusal is forgotten by itself, so nothing reconnects`() {
        val why = open(now(stop))
        button(why, label).performClick()
        assertTrue("change anew=false" in desk.asked)
        assertTrue(says(why, R.string.allowed_now))
    }

    @Test
    fun `a refusal that apps remember for an hour is ended by a new tunnel, and that is said`() {
        desk.explanation = FakeDesk.EXPLANATION.copy(answerSeconds = 3_600)
        val why = open(now(stop))
        button(why, label).performClick()
        assertTrue("change anew=true" in desk.asked)
        assertTrue(says(why, R.string.allowed_anew))
    }

    @Test
    fun `a refusal that is over by now needs none`() {
        desk.explanation = FakeDesk.EXPLANATION.copy(answerSeconds = 3_600)
        val why = open(stop.copy(last = System.currentTimeMillis() - 3_600_000))
        button(why, label).performClick()
        assertTrue("change anew=false" in desk.asked)
    }

    private fun says(page: android.app.Activity, words: Int) =
        Look.all(page.window.decorView).any { it is TextView && it.text == page.getString(words) }

    private fun button(page: android.app.Activity, label: Int): TextView =
        Look.all(page.window.decorView).filterIsInstance<TextView>().first { it.text == page.getString(label) }
}
