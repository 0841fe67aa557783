package io.github.hushwall.screens

import android.app.Activity
import android.graphics.Typeface
import android.os.Build
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.view.View.IMPORTANT_FOR_ACCESSIBILITY_NO
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.ImageButton
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.SinceApi

/** The pieces of which every screen is laid, one beneath the other. */
class Pieces(private val page: Activity, private val column: LinearLayout) {
    /** The bar with the way back and the screen's name. */
    fun bar(title: CharSequence, back: () -> Unit) = add(horizontal(4, 4, 16, 4)) {
        addView(
            ImageButton(page).apply {
                setImageResource(R.drawable.back)
                setBackgroundResource(R.drawable.row_touch)
                contentDescription = page.getString(R.string.action_back)
                setOnClickListener { back() }
            },
            LinearLayout.LayoutParams(dp(48), dp(48)),
        )
        addView(text(title, 22f, R.color.ink).apply { beHeading(); setPadding(dp(8), dp(4), 0, dp(4)) }, fill())
    }

    /** The likely thing to do, across the column. */
    fun mainButton(label: CharSequence, action: () -> Unit) =
        add(button(label, R.drawable.button_filled, R.color.on_accent, action), margin(24, 4, 24, 4))

    /** Another thing to do. */
    fun otherButton(label: CharSequence, action: () -> Unit) =
        add(button(label, R.drawable.button_outlined, R.color.accent, action), margin(24, 4, 24, 4))

    /** What the owner may want to know, what can be done about it, likely the last thing: be rid of it. */
    fun card(text: CharSequence, actions: List<Pair<CharSequence, () -> Unit>>) {
        val card = vertical(20, 16, 20, 12).apply { setBackgroundResource(R.drawable.card) }
        card.addView(text(text, 16f, R.color.ink))
        actions.forEach { (label, action) ->
            card.addView(button(label, R.drawable.button_tonal, R.color.accent, action), margin(0, 4, 0, 0))
        }
        add(card, margin(16, 16, 16, 4))
    }

    /** A row that opens another screen, or is [chosen] among its like; the icon is filled in by whoever has it. */
    fun row(
        title: CharSequence, detail: CharSequence?, iconed: Boolean = false, chosen: Boolean = false, action: () -> Unit,
    ): ImageView? {
        val row = horizontal(24, 12, 16, 12).touchable(action)
        if (chosen) row.setBackgroundResource(R.drawable.row_chosen)
        row.isSelected = chosen
        val icon = if (iconed) ImageView(page).apply { importantForAccessibility = IMPORTANT_FOR_ACCESSIBILITY_NO } else null
        icon?.let { row.addView(it, LinearLayout.LayoutParams(dp(40), dp(40)).apply { marginEnd = dp(16) }) }
        row.addView(titleAndDetail(title, detail), fill())
        row.addView(decoration(R.drawable.chevron), LinearLayout.LayoutParams(dp(20), dp(20)).apply { marginStart = dp(8) })
        row.contentDescription = listOfNotNull(title, detail).joinToString(". ")
        add(row)
        return icon
    }

    /** A row that is chosen or switched; the whole row is the target, and says its state in words. */
    fun choice(title: CharSequence, detail: CharSequence?, kind: Choice, on: Boolean, action: () -> Unit) {
        val row = horizontal(24, 12, 24, 12).touchable(action)
        val mark = kind.mark(page, on).apply { isClickable = false; isFocusable = false; silent() }
        row.addView(titleAndDetail(title, detail), fill())
        row.addView(mark, LinearLayout.LayoutParams(WRAP_CONTENT, WRAP_CONTENT).apply { marginStart = dp(16) })
        row.contentDescription = listOfNotNull(title, detail).joinToString(". ")
        row.accessibilityDelegate = kind.delegate(on)
        add(row)
    }

    /** A heading within the screen. */
    fun section(title: CharSequence) =
        add(text(title, 14f, R.color.accent).apply { typeface = MEDIUM; beHeading() }, margin(24, 24, 24, 4))

    /** Room between two groups. */
    fun space() = add(View(page), LinearLayout.LayoutParams(MATCH_PARENT, dp(16)))

    /** What the screen is about. */
    fun title(title: CharSequence) =
        add(text(title, 28f, R.color.ink).apply { typeface = MEDIUM; beHeading() }, margin(24, 16, 24, 0))

    /** A paragraph. */
    fun paragraph(text: CharSequence, soft: Boolean = false) =
        add(text(text, 16f, if (soft) R.color.ink_soft else R.color.ink), margin(24, 6, 24, 6))

    /** A name above what it names. */
    fun fact(title: CharSequence, text: CharSequence) {
        section(title)
        paragraph(text)
    }

    /** Any other view. */
    fun view(view: View, height: Int) = add(view, LinearLayout.LayoutParams(MATCH_PARENT, dp(height)).apply {
        setMargins(dp(24), dp(8), dp(24), dp(8))
    })

    private fun titleAndDetail(title: CharSequence, detail: CharSequence?): View = vertical(0, 0, 0, 0).apply {
        addView(text(title, 17f, R.color.ink).apply { silent() })
        detail?.let { addView(text(it, 14f, R.color.ink_soft).apply { setPadding(0, dp(2), 0, 0); silent() }) }
    }

    private fun button(label: CharSequence, background: Int, ink: Int, action: () -> Unit) = Button(page).apply {
        text = label
        isAllCaps = false
        setTextSize(TypedValue.COMPLEX_UNIT_SP, 16f)
        setTextColor(page.getColor(ink))
        typeface = MEDIUM
        setBackgroundResource(background)
        stateListAnimator = null
        minHeight = dp(48)
        setPadding(dp(20), dp(10), dp(20), dp(10))
        setOnClickListener { action() }
    }

    private fun LinearLayout.touchable(action: () -> Unit) = apply {
        setBackgroundResource(R.drawable.row_touch)
        minimumHeight = dp(56)
        isFocusable = true
        setOnClickListener { action() }
    }

    private fun text(text: CharSequence, size: Float, color: Int) = TextView(page).apply {
        this.text = text
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size)
        setTextColor(page.getColor(color))
        setLineSpacing(0f, 1.1f)
        textAlignment = View.TEXT_ALIGNMENT_VIEW_START
    }

    private fun decoration(drawable: Int) = ImageView(page).apply {
        setImageResource(drawable)
        silent()
    }

    private fun View.silent() {
        importantForAccessibility = IMPORTANT_FOR_ACCESSIBILITY_NO
    }

    private fun View.beHeading() {
        if (Build.VERSION.SDK_INT >= 28) markHeading()
    }

    private fun vertical(left: Int, top: Int, right: Int, bottom: Int) = LinearLayout(page).apply {
        orientation = LinearLayout.VERTICAL
        setPaddingRelative(dp(left), dp(top), dp(right), dp(bottom))
    }

    private fun horizontal(left: Int, top: Int, right: Int, bottom: Int) = LinearLayout(page).apply {
        gravity = Gravity.CENTER_VERTICAL
        setPaddingRelative(dp(left), dp(top), dp(right), dp(bottom))
    }

    private fun fill() = LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f)

    private fun margin(start: Int, top: Int, end: Int, bottom: Int) =
        LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply {
            marginStart = dp(start)
            topMargin = dp(top)
            marginEnd = dp(end)
            bottomMargin = dp(bottom)
        }

    private fun <V : View> add(view: V, params: LinearLayout.LayoutParams = margin(0, 0, 0, 0), fill: V.() -> Unit = {}): V {
        view.fill()
        column.addView(view, params)
        return view
    }

    private fun dp(size: Int) = (size * page.resources.displayMetrics.density + 0.5f).toInt()

    private companion object {
        val MEDIUM: Typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)
    }
}

@SinceApi(28)
private fun View.markHeading() {
    isAccessibilityHeading = true
}
