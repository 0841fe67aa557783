package io.github.hushwall.screens

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.text.format.DateUtils
import android.view.View
import io.github.hushwall.R
import io.github.hushwall.control.Outage

/** Seven days from left to right; an outage is a gap with a mark beneath it, so that it is not told by colour alone. */
class StripView(context: Context) : View(context) {
    // Grey: what was no outage may have been on, paused or off.
    private val band = Paint().apply { color = context.getColor(R.color.outline) }
    private val gap = Paint().apply { color = context.getColor(R.color.ground) }
    private val mark = Paint().apply { color = context.getColor(R.color.trouble) }
    private var outages = emptyList<Outage>()
    private var end = 0L

    /** Shows [shown] up to [now]; [summary] is what a screen reader says. */
    fun show(shown: List<Outage>, now: Long, summary: String) {
        outages = shown
        end = now
        contentDescription = summary
        invalidate()
    }

    override fun onDraw(canvas: Canvas) {
        val height = height.toFloat()
        val floor = height * 0.6f
        canvas.drawRect(0f, 0f, width.toFloat(), floor, band)
        for (outage in outages) {
            val from = place(outage.from.earliest)
            val to = maxOf(place(outage.to), from + MINIMUM * resources.displayMetrics.density)
            canvas.drawRect(from, 0f, to, floor, gap)
            canvas.drawRect(from, floor + height * 0.1f, to, height, mark)
        }
    }

    private fun place(millis: Long): Float {
        val share = 1f - (end - millis).toFloat() / (7 * DateUtils.DAY_IN_MILLIS)
        val along = share.coerceIn(0f, 1f) * width
        return if (layoutDirection == LAYOUT_DIRECTION_RTL) width - along else along
    }

    private companion object {
        /** The width of the shortest outage, in dp. */
        const val MINIMUM = 3f
    }
}
