package io.github.hushwall.screens

import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.QuicUnread
import io.github.hushwall.control.State
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** What is chosen of names that are hidden, and that it is said when apps reconnect for a choice. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class SettingsTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk

    private fun open(settings: Settings = Settings()): SettingsActivity {
        desk.show(State.Protected(31, null), settings = settings)
        return Robolectric.buildActivity(SettingsActivity::class.java).setup().get().also { application.settle() }
    }

    private fun row(page: SettingsActivity, title: Int): View? = Look.all(page.window.decorView)
        .find { it.isClickable && it.contentDescription?.startsWith(page.getString(title)) == true }

    private fun checked(page: SettingsActivity, title: Int): Boolean =
        AccessibilityNodeInfo.obtain().also { checkNotNull(row(page, title)).onInitializeAccessibilityNodeInfo(it) }.isChecked

    @Test
    fun `each choice takes effect and is read as it stands, with what it costs`() {
        val page = open()
        assertTrue(checked(page, R.string.quic_forward) && checked(page, R.string.ech_take_out))
        for ((title, about) in listOf(
            R.string.quic_refuse to R.string.quic_refuse_about, R.string.ech_keep to R.string.ech_keep_about,
        )) {
            val row = checkNotNull(row(page, title))
            assertEquals(page.getString(title) + ". " + page.getString(about), row.contentDescription.toString())
            row.performClick()
            assertTrue(checked(page, title))
        }
        assertFalse(checked(page, R.string.quic_forward) || checked(page, R.string.ech_take_out))
        assertEquals(Settings(quicUnread = QuicUnread.FALL_BACK, ech = Ech.KEEP), desk.shown?.settings)
        checkNotNull(row(page, R.string.quic_forward)).performClick()
        checkNotNull(row(page, R.string.ech_take_out)).performClick()
        assertEquals(Settings(), desk.shown?.settings)
    }

    @Test
    fun `where no names are looked at there is nothing to choose of them`() {
        val page = open(Settings(depth = Depth.DNS))
        assertNull(row(page, R.string.quic_forward))
        assertNull(row(page, R.string.ech_keep))
    }

    @Test
    fun `that apps reconnect is said beneath, of what happens while the screen is there`() {
        val up = State.Protected(31, null)
        desk.show(up, FakeDesk.facts(up).copy(reconnected = System.currentTimeMillis() - 60_000))
        val page = Robolectric.buildActivity(SettingsActivity::class.java).setup().get().also { application.settle() }
        val says = { Look.all(page.window.decorView).any { it is TextView && it.text == page.getString(R.string.reconnects) } }
        assertFalse(says())
        desk.show(up, FakeDesk.facts(up).copy(reconnected = System.currentTimeMillis()))
        application.settle()
        assertTrue(says())
    }
}
