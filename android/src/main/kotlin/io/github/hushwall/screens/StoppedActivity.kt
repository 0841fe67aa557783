package io.github.hushwall.screens

import android.graphics.drawable.Drawable
import android.os.Bundle
import android.text.format.DateUtils
import android.util.LruCache
import android.widget.ImageView
import io.github.hushwall.R
import io.github.hushwall.control.Shown

/**
 * What was stopped: one row an app and destination, the latest first. It stands still while it is read: what comes meanwhile is
 * counted in the foot. Where there is room, why it was stopped stands beside it.
 */
class StoppedActivity : LongPage() {
    override val titleId = R.string.stopped_title
    override val hasSide get() = true
    override val saysReconnects get() = isWide
    private var stops: List<Stop>? = null
    private val fresh = FreshKeys { runOnUiThread(::hear) }
    private var chosen: String? = null
    private var panel: WhyPanel? = null

    /** A row is made anew whenever it comes into sight. */
    private val icons = LruCache<String, Drawable>(ICONS)

    override fun onCreate(savedInstanceState: Bundle?) {
        chosen = savedInstanceState?.getString(CHOSEN)
        super.onCreate(savedInstanceState)
        // Also what comes while the owner is in another app is new to who comes back.
        desk.watchStops(fresh)
        read { if (isWide) chosen?.let(::choose) }
    }

    override fun onDestroy() {
        desk.unwatchStops(fresh)
        super.onDestroy()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putString(CHOSEN, chosen)
    }

    private fun read(then: () -> Unit = {}) {
        fresh.clear()
        errands.run({ desk.records.stops() }) {
            stops = it
            fresh.know(it.map(Stop::key))
            redraw()
            then()
        }
    }

    /** Where nothing is read yet, nothing can jump. */
    private fun hear() {
        if (stops?.isEmpty() == true) read() else drawFoot()
    }

    override fun footOf(shown: Shown?): List<Foot> {
        val count = fresh.count
        val show = Foot(resources.getQuantityString(R.plurals.action_show_new, count, count)) { read(::toTop) }
        return super.footOf(shown) + listOfNotNull(show.takeIf { count > 0 })
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

    override fun Pieces.drawSide(shown: Shown?) {
        val panel = panel ?: return space().also { paragraph(getString(R.string.stopped_choose), soft = true) }.let {}
        panel.draw(this, shown)
    }

    private fun Pieces.stop(stop: Stop) {
        val app = stop.app ?: getString(R.string.unknown_app)
        val purpose = getString(titleOfPurpose(stop.purpose))
        val detail = getString(R.string.stop_detail, words.address(stop.destination), purpose, words.age(stop.last))
        val icon = row(app, detail, iconed = true, chosen = isWide && stop.key == chosen) { open(stop) }
        val name = stop.packageName
        if (icon == null) return
        // Who is not known, or one of several, has no face.
        if (name == null || stop.shared) icon.setImageResource(R.drawable.shape_off) else showIcon(name, icon)
    }

    private fun open(stop: Stop) {
        if (isWide) choose(stop.key) else open<WhyActivity> { putExtra(WhyActivity.KEY, stop.key) }
    }

    private fun choose(key: String) {
        chosen = key
        val stop = stops?.firstOrNull { it.key == key } ?: return
        errands.run({ desk.records.explain(stop.verdict.ruleId) }) { known ->
            if (chosen != key) return@run
            panel = WhyPanel(this, desk, words, stop, known, ::redraw)
            redraw()
        }
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
        const val CHOSEN = "chosen"
    }
}
