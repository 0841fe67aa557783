package io.github.hushwall.screens

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.os.Build
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.LinearLayout
import android.widget.ScrollView
import io.github.hushwall.Hushwall
import io.github.hushwall.R
import io.github.hushwall.SinceApi
import io.github.hushwall.control.Shown
import io.github.hushwall.control.Watcher
import io.github.hushwall.settings.Look

/** A screen: one scrolling column, where there is room for it a second one, drawn anew when what is shown changes. */
abstract class Page : Activity() {
    /** The name of the screen, which is read when it opens. */
    protected abstract val titleId: Int

    /** A view that stays at the top while the rest is drawn anew. */
    protected open val lasting: View? get() = null

    /** Whether the screen has something for a second column. */
    protected open val hasSide: Boolean get() = false

    /** Whether it says itself that covered apps reconnect. */
    protected open val saysReconnects: Boolean get() = false

    /** Whether the second column is there. */
    protected val isWide: Boolean get() = side != null

    /** Fills the column; called again at every change. */
    protected abstract fun Pieces.draw(shown: Shown?)

    /** Fills the second column, if it is there. */
    protected open fun Pieces.drawSide(shown: Shown?) = Unit

    /** What stands beneath the columns: some words, or a button with these words. */
    protected open fun footOf(shown: Shown?): List<Foot> = listOfNotNull(
        Foot(getString(R.string.reconnects)).takeIf { !saysReconnects && (shown?.facts?.reconnected ?: 0) >= openedAt },
    )

    /** A line of the foot. */
    protected class Foot(val words: String, val action: (() -> Unit)? = null)

    protected lateinit var desk: Desk
    protected lateinit var words: Words
    protected val errands by lazy(LazyThreadSafetyMode.NONE) { Errands((application as Hushwall).aside) }
    private lateinit var column: LinearLayout
    private var side: LinearLayout? = null
    private lateinit var frame: Frame
    private var drawn: Shown? = null
    private var footed = emptyList<String>()
    private var openedAt = Long.MAX_VALUE
    private val watcher = Watcher { runOnUiThread { if (desk.shown != drawn) redraw() } }

    override fun attachBaseContext(base: Context) {
        val look = (base.applicationContext as? Hushwall)?.desk?.shown?.settings?.look ?: Look.SYSTEM
        super.attachBaseContext(base)
        if (look == Look.SYSTEM) return
        val night = if (look == Look.DARK) Configuration.UI_MODE_NIGHT_YES else Configuration.UI_MODE_NIGHT_NO
        // Only what is set in it overrides.
        applyOverrideConfiguration(Configuration().apply { setToDefaults(); uiMode = night; fontScale = 0f })
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        desk = (application as Hushwall).desk
        words = Words(this)
        title = getString(titleId)
        column = vertical()
        // Phones that lie on their side are wider, too.
        if (hasSide && resources.configuration.screenWidthDp >= TWO_COLUMNS) side = vertical()
        frame = Frame(this, listOfNotNull(scroll(column), side?.let(::scrollOf)))
        setContentView(frame)
        drawBehindBars()
        redraw()
    }

    override fun onStart() {
        super.onStart()
        openedAt = System.currentTimeMillis()
        desk.watch(watcher)
        redraw()
    }

    override fun onStop() {
        desk.unwatch(watcher)
        super.onStop()
    }

    override fun onDestroy() {
        errands.end()
        super.onDestroy()
    }

    /** What scrolls, with [column] in it. */
    protected open fun scroll(column: View): ViewGroup = scrollOf(column)

    private fun scrollOf(column: View): ViewGroup = ScrollView(this).apply {
        isFillViewport = true
        addView(column)
    }

    private fun vertical() = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }

    /** Draws everything anew. */
    protected fun redraw() {
        if (isDestroyed) return
        drawn = desk.shown
        val stay = lasting
        if (stay != null && stay.parent == null) column.addView(stay, 0)
        anew(column, if (stay == null) 0 else 1) {
            if (stay == null) bar(title) { finish() }
            draw(drawn)
        }
        side?.let { anew(it, 0) { drawSide(drawn) } }
        drawFoot()
    }

    /** Fills [column] behind the first [staying] views; what had the focus of keys has it again. */
    private fun anew(column: LinearLayout, staying: Int, fill: Pieces.() -> Unit) {
        val focused = column.focusedChild?.let(column::indexOfChild)
        column.removeViews(staying, column.childCount - staying)
        Pieces(this, column).fill()
        if (focused != null) column.getChildAt(focused)?.requestFocus()
    }

    /** A screen reader says the foot when it changes, so it is only touched then. */
    protected fun drawFoot() {
        val lines = footOf(drawn)
        val words = lines.map { it.words }
        if (words == footed) return
        footed = words
        frame.foot.removeAllViews()
        frame.foot.visibility = if (lines.isEmpty()) View.GONE else View.VISIBLE
        Pieces(this, frame.foot).apply {
            for (line in lines) line.action?.let { otherButton(line.words, it) } ?: paragraph(line.words)
        }
    }

    /** Opens another screen. */
    protected inline fun <reified T : Activity> open(fill: Intent.() -> Unit = {}) =
        startActivity(Intent(this, T::class.java).apply(fill))

    @Suppress("DEPRECATION")
    private fun drawBehindBars() {
        val dark = resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK == Configuration.UI_MODE_NIGHT_YES
        val light = if (dark) 0 else View.SYSTEM_UI_FLAG_LIGHT_STATUS_BAR or View.SYSTEM_UI_FLAG_LIGHT_NAVIGATION_BAR
        window.decorView.systemUiVisibility = light or View.SYSTEM_UI_FLAG_LAYOUT_STABLE or
            View.SYSTEM_UI_FLAG_LAYOUT_FULLSCREEN or View.SYSTEM_UI_FLAG_LAYOUT_HIDE_NAVIGATION
        if (Build.VERSION.SDK_INT >= 29) window.decorView.neverForceDark()
    }

    private companion object {
        /** The width for two columns, in dp. */
        const val TWO_COLUMNS = 600
    }
}

@SinceApi(29)
private fun View.neverForceDark() {
    isForceDarkAllowed = false
}
