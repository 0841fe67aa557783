package io.github.hushwall.screens

import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.control.State
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** "Test now" says what is known, and nothing before it was asked for. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class KeepAliveTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk
    private val up = State.Protected(31, null)

    private fun open(): KeepAliveActivity {
        val page = Robolectric.buildActivity(KeepAliveActivity::class.java).setup().get()
        application.settle()
        return page
    }

    private fun says(page: KeepAliveActivity, words: String) =
        Look.all(page.window.decorView).any { it is TextView && it.text.startsWith(words) }

    private fun press(page: KeepAliveActivity) =
        Look.all(page.window.decorView).first { it is TextView && it.text == page.getString(R.string.action_test_now) }.performClick()

    @Test
    fun `a covered app that came just now proves the way`() {
        desk.show(up, FakeDesk.facts(up).copy(lastSeen = System.currentTimeMillis() - 5_000))
        val page = open()
        assertFalse(says(page, "A covered app came"))
        press(page)
        assertTrue("refresh" in desk.asked)
        assertTrue(says(page, "A covered app came this way just now."))
    }

    @Test
    fun `one that came hours ago proves nothing, until it is opened`() {
        desk.show(up, FakeDesk.facts(up).copy(lastSeen = System.currentTimeMillis() - 7_200_000))
        val page = open()
        press(page)
        assertTrue(says(page, "No covered app has connected since"))
        desk.show(up, FakeDesk.facts(up).copy(lastSeen = System.currentTimeMillis()))
        application.settle()
        assertTrue(says(page, "A covered app came this way just now."))
    }

    @Test
    fun `without a tunnel it is not on`() {
        desk.show(State.Off)
        val page = open()
        press(page)
        assertTrue(says(page, page.getString(R.string.test_off)))
    }
}
