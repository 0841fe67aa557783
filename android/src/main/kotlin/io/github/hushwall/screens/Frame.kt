package io.github.hushwall.screens

import android.content.Context
import android.os.Build
import android.view.ViewGroup
import android.view.WindowInsets
import android.widget.LinearLayout
import io.github.hushwall.R
import io.github.hushwall.SinceApi

/** What a screen hangs in: a column that scrolls, or two beside each other, and a foot that moves nothing as it comes and goes. */
internal class Frame(context: Context, private val scrolls: List<ViewGroup>) : LinearLayout(context) {
    /** What stands beneath the columns. */
    val foot = LinearLayout(context).apply {
        orientation = VERTICAL
        setBackgroundResource(R.color.tonal)
        accessibilityLiveRegion = ACCESSIBILITY_LIVE_REGION_POLITE
        visibility = GONE
    }

    init {
        orientation = VERTICAL
        val columns = LinearLayout(context).apply { isBaselineAligned = false }
        for (scroll in scrolls) {
            scroll.clipToPadding = false
            // At the screen's edge, wherever the padding ends.
            scroll.scrollBarStyle = SCROLLBARS_OUTSIDE_OVERLAY
            columns.addView(scroll, LayoutParams(0, LayoutParams.MATCH_PARENT, 1f))
        }
        addView(columns, LayoutParams(LayoutParams.MATCH_PARENT, 0, 1f))
        addView(foot, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT))
        pad(0, 0, 0, 0)
        setOnApplyWindowInsetsListener { _, insets ->
            if (Build.VERSION.SDK_INT >= 30) padForBars(insets) else padForBarsOld(insets)
            insets
        }
    }

    /** A line as wide as a tablet is hard to read: a column that is alone keeps to the middle. */
    private fun pad(left: Int, top: Int, right: Int, bottom: Int) {
        setPadding(left, 0, right, 0)
        val metrics = resources.displayMetrics
        val spare = if (scrolls.size > 1) 0 else maxOf(0, metrics.widthPixels - (WIDEST * metrics.density).toInt()) / 2
        val last = (LAST * metrics.density).toInt()
        scrolls.forEach { it.setPadding(spare, top, spare, bottom + last) }
        foot.setPadding(0, 0, 0, bottom)
    }

    @Suppress("DEPRECATION")
    private fun padForBarsOld(insets: WindowInsets) = pad(
        insets.systemWindowInsetLeft, insets.systemWindowInsetTop, insets.systemWindowInsetRight, insets.systemWindowInsetBottom,
    )

    @SinceApi(30)
    private fun padForBars(insets: WindowInsets) {
        val bars = insets.getInsets(
            WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime(),
        )
        pad(bars.left, bars.top, bars.right, bars.bottom)
    }

    private companion object {
        /** The width of a column, in dp. */
        const val WIDEST = 640

        /** Room beneath the last line, in dp. */
        const val LAST = 16
    }
}
