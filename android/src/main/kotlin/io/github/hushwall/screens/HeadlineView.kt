package io.github.hushwall.screens

import android.content.Context
import android.graphics.Typeface
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import io.github.hushwall.R

/** The state: its shape, its word or two, and why we may say so. One stop for a screen reader, which hears changes. */
class HeadlineView(context: Context) : LinearLayout(context) {
    private val shape = ImageView(context).silent()
    private val headline = text(32f, R.color.ink)
    private val line = text(16f, R.color.ink_soft)
    private val note = text(16f, R.color.ink_soft)

    init {
        orientation = VERTICAL
        setPaddingRelative(dp(24), dp(40), dp(24), dp(16))
        headline.typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)
        val top = LinearLayout(context).apply { gravity = Gravity.CENTER_VERTICAL }
        top.addView(shape, LayoutParams(dp(36), dp(36)).apply { marginEnd = dp(14) })
        top.addView(headline, LayoutParams(0, LayoutParams.WRAP_CONTENT, 1f))
        addView(top)
        addView(line, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT).apply { topMargin = dp(10) })
        addView(note, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT).apply { topMargin = dp(8) })
        isFocusable = true
    }

    /** Shows a state; [assertive] where a reader should say so at once. */
    fun show(drawable: Int, title: String, why: String?, beside: String?, assertive: Boolean) {
        val spoken = listOfNotNull(title, why, beside).joinToString(". ")
        if (spoken == contentDescription) return
        shape.setImageResource(drawable)
        headline.text = title
        line.say(why)
        note.say(beside)
        accessibilityLiveRegion = if (assertive) ACCESSIBILITY_LIVE_REGION_ASSERTIVE else ACCESSIBILITY_LIVE_REGION_POLITE
        contentDescription = spoken
    }

    private fun TextView.say(words: String?) {
        text = words
        visibility = if (words == null) GONE else VISIBLE
    }

    private fun text(size: Float, color: Int) = TextView(context).silent().apply {
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size)
        setTextColor(context.getColor(color))
        setLineSpacing(0f, 1.1f)
    }

    private fun <V : View> V.silent(): V = apply { importantForAccessibility = IMPORTANT_FOR_ACCESSIBILITY_NO }

    private fun dp(size: Int) = (size * resources.displayMetrics.density + 0.5f).toInt()
}
