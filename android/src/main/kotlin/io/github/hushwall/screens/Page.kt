package io.github.hushwall.screens

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.os.Build
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.view.WindowInsets
import android.widget.LinearLayout
import android.widget.ScrollView
import io.github.hushwall.Hushwall
import io.github.hushwall.SinceApi
import io.github.hushwall.control.Shown
import io.github.hushwall.control.Watcher
import io.github.hushwall.settings.Look

/** A screen: one scrolling column, drawn anew when what is shown changes. */
abstract class Page : Activity() {
    /** The name of the screen, which is read when it opens. */
    protected abstract val titleId: Int

    /** A view that stays at the top while the rest is drawn anew. */
    protected open val lasting: View? get() = null

    /** Fills the column; called again at every change. */
    protected abstract fun Pieces.draw(shown: Shown?)

    protected lateinit var desk: Desk
    protected lateinit var words: Words
    protected val errands by lazy(LazyThreadSafetyMode.NONE) { Errands((application as Hushwall).aside) }
    private lateinit var column: LinearLayout
    private var drawn: Shown? = null
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
        column = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
        val scroll = frame(column).apply { clipToPadding = false }
        setContentView(scroll)
        drawBehindBars(scroll)
        redraw()
    }

    override fun onStart() {
        super.onStart()
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
    protected open fun frame(column: View): ViewGroup = ScrollView(this).apply {
        isFillViewport = true
        addView(column)
    }

    /** Draws the column anew. */
    protected fun redraw() {
        if (isDestroyed) return
        val focused = column.focusedChild?.let(column::indexOfChild)
        val stay = lasting
        if (stay != null && stay.parent == null) column.addView(stay, 0)
        val staying = if (stay == null) 0 else 1
        column.removeViews(staying, column.childCount - staying)
        Pieces(this, column).apply {
            if (stay == null) bar(title) { finish() }
            drawn = desk.shown
            draw(drawn)
        }
        if (focused != null) column.getChildAt(focused)?.requestFocus()
    }

    /** Opens another screen. */
    protected inline fun <reified T : Activity> open(fill: Intent.() -> Unit = {}) =
        startActivity(Intent(this, T::class.java).apply(fill))

    @Suppress("DEPRECATION")
    private fun drawBehindBars(scroll: ViewGroup) {
        val dark = resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK == Configuration.UI_MODE_NIGHT_YES
        val light = if (dark) 0 else View.SYSTEM_UI_FLAG_LIGHT_STATUS_BAR or View.SYSTEM_UI_FLAG_LIGHT_NAVIGATION_BAR
        window.decorView.systemUiVisibility = light or View.SYSTEM_UI_FLAG_LAYOUT_STABLE or
            View.SYSTEM_UI_FLAG_LAYOUT_FULLSCREEN or View.SYSTEM_UI_FLAG_LAYOUT_HIDE_NAVIGATION
        if (Build.VERSION.SDK_INT >= 29) window.decorView.neverForceDark()
        scroll.setOnApplyWindowInsetsListener { view, insets ->
            if (Build.VERSION.SDK_INT >= 30) view.padForBars(insets)
            else view.setPadding(
                insets.systemWindowInsetLeft, insets.systemWindowInsetTop,
                insets.systemWindowInsetRight, insets.systemWindowInsetBottom,
            )
            insets
        }
    }
}

@SinceApi(29)
private fun View.neverForceDark() {
    isForceDarkAllowed = false
}

@SinceApi(30)
private fun View.padForBars(insets: WindowInsets) {
    val bars = insets.getInsets(
        WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime(),
    )
    setPadding(bars.left, bars.top, bars.right, bars.bottom)
}
