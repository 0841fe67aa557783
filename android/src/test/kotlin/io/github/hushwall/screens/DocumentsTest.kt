package io.github.hushwall.screens

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Preset
import io.github.hushwall.control.State
import io.github.hushwall.settings.Settings
import io.github.hushwall.settings.SettingsText
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.OutputStream
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** Files that the owner picks: the list for another app, and the settings. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class DocumentsTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk
    private val file = Uri.parse("content://documents/1")
    private val resolver get() = shadowOf(application.contentResolver)

    private fun <T : Activity> open(type: Class<T>, settings: Settings = Settings()): T {
        desk.show(State.Protected(31, null), settings = settings)
        return Robolectric.setupActivity(type).also { application.settle() }
    }

    /** Taps a row, and answers the picker that it opens. */
    private fun pick(page: Activity, row: Int): Intent {
        var at: android.view.View = Look.all(page.window.decorView).first { it is TextView && it.text == page.getString(row) }
        while (!at.isClickable) at = at.parent as android.view.View
        at.performClick()
        val asked = shadowOf(page).nextStartedActivityForResult.intent
        shadowOf(page).receiveResult(asked, Activity.RESULT_OK, Intent().setData(file))
        application.settle()
        return asked
    }

    private fun says(page: Activity, words: Int) =
        assertTrue(Look.all(page.window.decorView).any { it is TextView && it.text == page.getString(words) })

    @Test
    fun `the list goes out in both forms, as the preset has it`() {
        for ((row, form) in listOf(R.string.export_hosts to ExportForm.HOSTS, R.string.export_adguard to ExportForm.ADGUARD)) {
            val out = ByteArrayOutputStream()
            resolver.registerOutputStream(file, out)
            val lists = open(ListsActivity::class.java, Settings(preset = Preset.EVERYTHING))
            val asked = pick(lists, row)
            assertEquals(Intent.ACTION_CREATE_DOCUMENT, asked.action)
            assertEquals(form.fileName, asked.getStringExtra(Intent.EXTRA_TITLE))
            assertEquals("$form EVERYTHING", out.toString())
            says(lists, R.string.export_done)
        }
    }

    @Test
    fun `a file that cannot be written is told`() {
        resolver.registerOutputStream(file, object : OutputStream() {
            override fun write(byte: Int) = throw IOException("full")
        })
        val lists = open(ListsActivity::class.java)
        pick(lists, R.string.export_hosts)
        says(lists, R.string.export_failed)
    }

    @Test
    fun `settings that were saved come back`() {
        val settings = Settings(preset = Preset.EVERYTHING, logDays = 1, pauseMinutes = 60, featuresOff = setOf("themes"))
        val out = ByteArrayOutputStream()
        resolver.registerOutputStream(file, out)
        pick(open(SettingsActivity::class.java, settings), R.string.settings_save)
        assertEquals(settings, SettingsText.parse(out.toString()))

        resolver.registerInputStream(file, out.toByteArray().inputStream())
        val page = open(SettingsActivity::class.java, Settings())
        pick(page, R.string.settings_restore)
        assertEquals(settings, desk.shown?.settings)
        says(page, R.string.settings_restored)
    }

    @Test
    fun `a file from elsewhere names no list files and takes no version back`() {
        val theirs = Settings(lists = listOf(ListFile("theirs", "/sdcard/x")), highestListVersion = 1, logDays = 0)
        resolver.registerInputStream(file, SettingsText.emit(theirs).byteInputStream())
        val page = open(SettingsActivity::class.java, Settings(highestListVersion = 7))
        pick(page, R.string.settings_restore)
        assertEquals(Settings(highestListVersion = 7, logDays = 0), desk.shown?.settings)
    }

    @Test
    fun `what is no file of settings changes nothing`() {
        for (text in listOf("", "0.0.0.0 ads.example\n", "hushwall-settings 1\n" + "x".repeat(SettingsText.MAX_CHARS))) {
            resolver.registerInputStream(file, text.byteInputStream())
            val page = open(SettingsActivity::class.java, Settings(logDays = 1))
            pick(page, R.string.settings_restore)
            assertEquals(Settings(logDays = 1), desk.shown?.settings)
            says(page, R.string.settings_no_file)
        }
    }
}
