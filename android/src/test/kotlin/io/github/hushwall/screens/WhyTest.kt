package io.github.hushwall.screens

import android.content.Intent
import android.os.Build
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.control.State
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

    private fun open(stop: Stop): WhyActivity {
        desk.stops = listOf(stop)
        desk.show(State.Protected(31, null))
        val intent = Intent().putExtra(WhyActivity.KEY, stop.key)
        return Robolectric.buildActivity(WhyActivity::class.java, intent).setup().get().also { application.settle() }
    }

    private fun now(stop: Stop) = stop.copy(last = System.currentTimeMillis())

    @Test
    fun `allowing for one app makes a rule, and removing it takes it back`() {
        val why = open(FakeDesk.STOPS[0])
        button(why, label).performClick()
        val rule = checkNotNull(desk.shown).settings.rules.single()
        assertEquals("tracking.intl.miui.com", rule.name)
        assertEquals(if (Build.VERSION.SDK_INT >= 29) "android" else null, rule.app)
        button(why, R.string.action_remove_rule).performClick()
        assertEquals(emptyList<Any>(), checkNotNull(desk.shown).settings.rules)
    }

    @Test
    fun `the usual refusal is forgotten by itself, so nothing reconnects`() {
        val why = open(now(FakeDesk.STOPS[0]))
        button(why, label).performClick()
        assertTrue("change anew=false" in desk.asked)
        assertTrue(says(why, R.string.allowed_now))
    }

    @Test
    fun `a refusal that apps remember for an hour is ended by a new tunnel, and that is said`() {
        desk.explanation = FakeDesk.EXPLANATION.copy(answerSeconds = 3_600)
        val why = open(now(FakeDesk.STOPS[0]))
        button(why, label).performClick()
        assertTrue("change anew=true" in desk.asked)
        assertTrue(says(why, R.string.allowed_anew))
    }

    @Test
    fun `a refusal that is over by now needs none`() {
        desk.explanation = FakeDesk.EXPLANATION.copy(answerSeconds = 3_600)
        val why = open(FakeDesk.STOPS[0].copy(last = System.currentTimeMillis() - 3_600_000))
        button(why, label).performClick()
        assertTrue("change anew=false" in desk.asked)
    }

    private fun says(page: android.app.Activity, words: Int) =
        Look.all(page.window.decorView).any { it is TextView && it.text == page.getString(words) }

    private fun button(page: android.app.Activity, label: Int): TextView =
        Look.all(page.window.decorView).filterIsInstance<TextView>().first { it.text == page.getString(label) }
}
