package io.github.hushwall.screens

import android.graphics.drawable.Drawable
import android.os.Bundle
import android.text.format.DateUtils
import android.util.LruCache
import android.widget.ImageView
import io.github.hushwall.R
import io.github.hushwall.control.Shown

/** What was stopped: one row an app and destination, the latest first. It stands still while it is read. */
class StoppedActivity : LongPage() {
    override val titleId = R.string.stopped_title
    private var stops: List<Stop>? = null

    /** A row is made anew whenever it comes into sight. */
    private val icons = LruCache<String, Drawable>(ICONS)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        errands.run({ desk.records.stops() }) { stops = it; redraw() }
    }

    override fun Pieces.draw(shown: Shown?) {
        val all = stops ?: return paragraph(getString(R.string.loading), soft = true).let {}
        if (all.isEmpty()) paragraph(getString(R.string.stopped_none))
        val now = System.currentTimeMillis()
        val rows = mutableListOf<Row>()
        for ((section, stops) in all.groupBy { sectionOf(it.last, now) }) {
            rows += Row("section $section") { section(getString(section)) }
            stops.mapTo(rows) { Row(it.key) { stop(it) } }
        }
        rows(rows + Row("own") { paragraph(getString(R.string.log_own), soft = true) })
    }

    private fun Pieces.stop(stop: Stop) {
        val app = stop.app ?: getString(R.string.unknown_app)
        val purpose = getString(titleOfPurpose(stop.purpose))
        val detail = getString(R.string.stop_detail, words.address(stop.destination), purpose, words.age(stop.last))
        val icon = row(app, detail, iconed = true) { open<WhyActivity> { putExtra(WhyActivity.KEY, stop.key) } }
        val name = stop.packageName
        if (icon == null) return
        // Who is not known, or one of several, has no face.
        if (name == null || stop.shared) icon.setImageResource(R.drawable.shape_off) else showIcon(name, icon)
    }

    private fun showIcon(packageName: String, into: ImageView) {
        icons[packageName]?.let { return into.setImageDrawable(it.copy()) }
        errands.run({ desk.records.icon(packageName) }) { icon ->
            if (icon != null) icons.put(packageName, icon)
            into.setImageDrawable(icon?.copy())
        }
    }

    /** One that is drawn in two places at once would be in neither. */
    private fun Drawable.copy(): Drawable = constantState?.newDrawable(resources) ?: this

    private fun sectionOf(millis: Long, now: Long): Int {
        val today = startOfDay(now)
        return when {
            millis >= today -> R.string.section_today
            millis >= today - DateUtils.DAY_IN_MILLIS -> R.string.section_yesterday
            else -> R.string.section_week
        }
    }

    private companion object {
        const val ICONS = 64
    }
}
