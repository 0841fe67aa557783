package io.github.hushwall.screens

import android.app.Activity
import android.content.Intent
import android.net.Uri
import io.github.hushwall.R
import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.QuicUnread
import io.github.hushwall.control.Shown
import io.github.hushwall.settings.Look
import io.github.hushwall.settings.Settings
import io.github.hushwall.settings.SettingsText
import io.github.hushwall.settings.restoredFrom

/** What helps to recover from breakage or an outage; everything else is a default. */
class SettingsActivity : Page() {
    override val titleId = R.string.settings_title
    private var look: Look? = null
    private var said: Int? = null

    override fun Pieces.draw(shown: Shown?) {
        val settings = shown?.settings ?: Settings()
        if (look != null && look != settings.look) return recreate()
        look = settings.look

        section(getString(R.string.depth_title))
        oneOf(R.string.depth_full, R.string.depth_full_about, settings.depth == Depth.FULL) { it.copy(depth = Depth.FULL) }
        oneOf(R.string.depth_questions, R.string.depth_questions_about, settings.depth == Depth.DNS) { it.copy(depth = Depth.DNS) }

        hiddenNames(settings)

        section(getString(R.string.log_title))
        for (days in listOf(7, 1, 0)) {
            val title = if (days == 0) getString(R.string.log_off) else resources.getQuantityString(R.plurals.log_days, days, days)
            choice(title, null, Choice.ONE_OF, settings.logDays == days) { desk.change { it.copy(logDays = days) } }
        }

        section(getString(R.string.pause_title))
        for (minutes in listOf(5, 15, 60)) {
            val title = resources.getQuantityString(R.plurals.minutes, minutes, minutes)
            choice(title, null, Choice.ONE_OF, settings.pauseMinutes == minutes) { desk.change { it.copy(pauseMinutes = minutes) } }
        }

        section(getString(R.string.look_title))
        oneOf(R.string.look_system, null, settings.look == Look.SYSTEM) { it.copy(look = Look.SYSTEM) }
        oneOf(R.string.look_light, null, settings.look == Look.LIGHT) { it.copy(look = Look.LIGHT) }
        oneOf(R.string.look_dark, null, settings.look == Look.DARK) { it.copy(look = Look.DARK) }

        space()
        choice(getString(R.string.detail_title), null, Choice.ON_OFF, settings.detail) { desk.change { it.copy(detail = !it.detail) } }
        row(getString(R.string.settings_save), null) { picked(Documents.askWhereTo(this@SettingsActivity, FILE, SAVE)) }
        row(getString(R.string.settings_restore), null) { picked(Documents.askWhich(this@SettingsActivity, RESTORE)) }
        said?.let { paragraph(getString(it)) }
        row(getString(R.string.limits), null) { open<LimitsActivity>() }

        section(getString(R.string.about_title))
        paragraph(getString(R.string.about_version, getString(R.string.version)))
        paragraph(getString(R.string.about_licence), soft = true)
    }

    /** What each choice costs stands beside it; where no server names are looked at, neither is one. */
    private fun Pieces.hiddenNames(settings: Settings) {
        if (settings.depth == Depth.DNS) return
        section(getString(R.string.quic_title))
        val quic = settings.quicUnread
        oneOf(R.string.quic_forward, R.string.quic_forward_about, quic == QuicUnread.FORWARD) { it.copy(quicUnread = QuicUnread.FORWARD) }
        oneOf(R.string.quic_refuse, R.string.quic_refuse_about, quic == QuicUnread.FALL_BACK) {
            it.copy(quicUnread = QuicUnread.FALL_BACK)
        }
        section(getString(R.string.ech_title))
        oneOf(R.string.ech_take_out, R.string.ech_take_out_about, settings.ech == Ech.TAKE_OUT) { it.copy(ech = Ech.TAKE_OUT) }
        oneOf(R.string.ech_keep, R.string.ech_keep_about, settings.ech == Ech.KEEP) { it.copy(ech = Ech.KEEP) }
    }

    @Deprecated("the one way before AndroidX")
    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        val file = data?.data?.takeIf { resultCode == Activity.RESULT_OK } ?: return
        when (requestCode) {
            SAVE -> desk.shown?.let { save(file, it.settings) }
            RESTORE -> restore(file)
        }
    }

    private fun save(file: Uri, settings: Settings) =
        errands.run({ Documents.write(contentResolver, file, SettingsText.emit(settings)) }) { written ->
            say(if (written) R.string.settings_saved else R.string.export_failed)
        }

    /** List files stay this phone's own: a file from elsewhere names paths that mean nothing here. */
    private fun restore(file: Uri) =
        errands.run({ Documents.read(contentResolver, file, SettingsText.MAX_CHARS)?.let(SettingsText::parse) }) { read ->
            if (read != null) desk.change { it.restoredFrom(read) }
            say(if (read != null) R.string.settings_restored else R.string.settings_no_file)
        }

    private fun picked(found: Boolean) {
        if (!found) say(R.string.export_failed)
    }

    private fun say(what: Int) {
        said = what
        redraw()
    }

    private fun Pieces.oneOf(title: Int, about: Int?, on: Boolean, edit: (Settings) -> Settings) =
        choice(getString(title), about?.let(::getString), Choice.ONE_OF, on) { desk.change(edit = edit) }

    private companion object {
        const val SAVE = 1
        const val RESTORE = 2
        const val FILE = "hushwall-settings.txt"
    }
}
