package io.github.hushwall.screens

import android.app.Activity
import android.content.Intent
import android.net.Uri
import io.github.hushwall.R
import io.github.hushwall.bridge.Preset
import io.github.hushwall.control.Shown
import io.github.hushwall.control.textOf

/** How much of the list is in force, what the owner uses, and the list as a file for another app. */
class ListsActivity : Page() {
    override val titleId = R.string.lists_title
    private var said: Int? = null

    override fun Pieces.draw(shown: Shown?) {
        shown?.facts?.listNotes?.forEach { card(words.of(textOf(it)), emptyList()) }
        section(getString(R.string.preset))
        preset(shown, Preset.NOTHING_BREAKS, R.string.preset_nothing_breaks_about)
        preset(shown, Preset.BALANCED, R.string.preset_balanced_about)
        preset(shown, Preset.EVERYTHING, R.string.preset_everything_about)
        section(getString(R.string.i_use))
        paragraph(getString(R.string.i_use_about), soft = true)
        val off = shown?.settings?.featuresOff.orEmpty()
        for ((id, title) in FEATURES) {
            choice(getString(title), null, Choice.ON_OFF, id !in off) {
                desk.change { it.copy(featuresOff = if (id in it.featuresOff) it.featuresOff - id else it.featuresOff + id) }
            }
        }
        fact(getString(R.string.list_builtin), getString(R.string.list_builtin_about))
        shown?.facts?.listDay?.let { paragraph(getString(R.string.list_day, words.day(it)), soft = true) }
        paragraph(getString(R.string.own_request), soft = true)
        space()
        section(getString(R.string.row_export))
        paragraph(getString(R.string.export_about), soft = true)
        row(getString(R.string.export_hosts), getString(R.string.export_hosts_about)) { export(ExportForm.HOSTS) }
        row(getString(R.string.export_adguard), getString(R.string.export_adguard_about)) { export(ExportForm.ADGUARD) }
        said?.let { paragraph(getString(it)) }
    }

    @Deprecated("the one way before AndroidX")
    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        val form = ExportForm.values().firstOrNull { requestCode == EXPORT + it.ordinal } ?: return
        val file = data?.data?.takeIf { resultCode == Activity.RESULT_OK } ?: return
        val preset = desk.shown?.settings?.preset ?: Preset.BALANCED
        errands.run({ write(file, form, preset) }) { written ->
            said = if (written) R.string.export_done else R.string.export_failed
            redraw()
        }
    }

    private fun Pieces.preset(shown: Shown?, preset: Preset, about: Int) =
        choice(getString(titleOf(preset)), getString(about), Choice.ONE_OF, shown?.settings?.preset == preset) {
            desk.change { it.copy(preset = preset) }
        }

    private fun export(form: ExportForm) {
        if (Documents.askWhereTo(this, form.fileName, EXPORT + form.ordinal)) return
        said = R.string.export_failed
        redraw()
    }

    private fun write(file: Uri, form: ExportForm, preset: Preset): Boolean =
        desk.records.export(form, preset)?.let { Documents.write(contentResolver, file, it) } ?: false

    private companion object {
        const val EXPORT = 1

        /** The switches "I use ...", by their ids in `blocklists/`. */
        val FEATURES = listOf(
            "cloud" to R.string.feature_cloud,
            "mi-home" to R.string.feature_home,
            "getapps" to R.string.feature_getapps,
            "push" to R.string.feature_push,
            "themes" to R.string.feature_themes,
            "weather" to R.string.feature_weather,
            "assistant" to R.string.feature_assistant,
            "music" to R.string.feature_music,
            "video" to R.string.feature_video,
            "community" to R.string.feature_community,
            "site" to R.string.feature_site,
            "encrypted-dns" to R.string.feature_encrypted_dns,
        )
    }
}
