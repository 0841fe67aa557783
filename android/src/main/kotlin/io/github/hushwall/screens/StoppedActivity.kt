package io.github.hushwall.screens

import android.os.Bundle
import android.text.format.DateUtils
import android.widget.ImageView
import io.github.hushwall.R
import io.github.hushwall.control.Shown

/** What was stopped: one row an app and destination, the latest first. It stands still while it is read. */
class StoppedActivity : Page() {
    override val titleId = R.string.stopped_title
    private var stops: List<Stop>? = null
    private var most = PART

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        errands.run({ desk.records.stops() }) { stops = it; redraw() }
    }

    override fun Pieces.draw(shown: Shown?) {
        val all = stops ?: return paragraph(getString(R.string.loading), soft = true).let {}
        if (all.isEmpty()) paragraph(getString(R.string.stopped_none))
        val now = System.currentTimeMillis()
        for ((section, rows) in all.take(most).groupBy { sectionOf(it.last, now) }) {
            section(getString(section))
            rows.forEach { stop(it) }
        }
        if (all.size > most) otherButton(getString(R.string.action_show_more)) { most += PART; redraw() }
        paragraph(getString(R.string.log_own), soft = true)
    }

    private fun Pieces.stop(stop: Stop) {
        val app = stop.app ?: getString(R.string.unknown_app)
        val purpose = getString(titleOfPurpose(stop.purpose))
        val detail = getString(R.string.stop_detail, words.name(stop.destination), purpose, words.age(stop.last))
        val icon = row(app, detail, iconed = true) { open<WhyActivity> { putExtra(WhyActivity.KEY, stop.key) } }
        val name = stop.packageName
        if (icon != null && name != null) showIcon(name, icon)
    }

    private fun showIcon(packageName: String, into: ImageView) =
        errands.run({ desk.records.icon(packageName) }) { into.setImageDrawable(it) }

    private fun sectionOf(millis: Long, now: Long): Int {
        val today = startOfDay(now)
        return when {
            millis >= today -> R.string.section_today
            millis >= today - DateUtils.DAY_IN_MILLIS -> R.string.section_yesterday
            else -> R.string.section_week
        }
    }

    private companion object {
        /** So many rows are drawn at once: a slow phone draws some thousands for seconds. */
        const val PART = 100
    }
}
