package io.github.hushwall.screens

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.view.View
import android.view.ViewGroup
import android.widget.ListView
import android.widget.ScrollView
import android.widget.TextView
import java.io.File

/** A screen laid out as high as it wants to be, so that nothing is beneath the fold. */
class Look(private val activity: Activity) {
    private val root: View = activity.window.decorView

    init {
        val metrics = activity.resources.displayMetrics
        val width = View.MeasureSpec.makeMeasureSpec(metrics.widthPixels, View.MeasureSpec.EXACTLY)
        repeat(2) {
            val columns = all(root).filter { it is ListView || it is ScrollView }.map { it as ViewGroup }
            if (columns.any { it is ListView }) layOut(width, MOST)
            // What each column lacks, the same for all of them but for what is in it.
            val missing = columns.maxOf { column ->
                val end = (0 until column.childCount).maxOfOrNull { contentEnd(column.getChildAt(it)) } ?: 0
                end + column.paddingBottom - column.height
            }
            layOut(width, maxOf(metrics.heightPixels, root.height + missing))
        }
    }

    /** Where what is in [child] ends, which may itself be stretched. */
    private fun contentEnd(child: View): Int {
        val group = child as? ViewGroup ?: return child.bottom
        val ends = (0 until group.childCount).map(group::getChildAt).map {
            it.bottom + ((it.layoutParams as? ViewGroup.MarginLayoutParams)?.bottomMargin ?: 0)
        }
        return child.top + (ends.maxOrNull() ?: 0) + group.paddingBottom
    }

    private fun layOut(width: Int, height: Int) {
        root.measure(width, View.MeasureSpec.makeMeasureSpec(height, View.MeasureSpec.EXACTLY))
        root.layout(0, 0, root.measuredWidth, root.measuredHeight)
    }

    /** Draws it into `target/screens`. */
    fun save(name: String) {
        val bitmap = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(bitmap))
        val file = File("target/screens/$name.png")
        file.parentFile?.mkdirs()
        file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        check(bitmap.getPixel(root.width / 2, 2) ushr 24 == 0xFF) { "$name has a transparent ground" }
    }

    /** What is wrong for those who cannot see or touch well. */
    fun faults(): List<String> {
        val faults = mutableListOf<String>()
        val least = 48 * activity.resources.displayMetrics.density - 1
        for (view in all(root)) {
            // A list calls itself clickable; what is touched is its rows.
            if (view.isClickable && view !is ListView) {
                if (view.width < least || view.height < least) faults += "small: ${spoken(view)} ${view.width}x${view.height}"
                if (spoken(view).isBlank()) faults += "silent: $view"
                if (!view.isFocusable) faults += "not to be reached by keys: ${spoken(view)}"
            }
            if (view is TextView && view.isShown && cut(view)) faults += "cut: ${view.text}"
            if (view.isShown && view.width > 0 && beyond(view)) faults += "beyond the edge: ${spoken(view)} $view"
        }
        return faults
    }

    private fun spoken(view: View): String =
        view.contentDescription?.toString() ?: (view as? TextView)?.text?.toString().orEmpty()

    private fun cut(view: TextView): Boolean {
        val layout = view.layout ?: return view.text.isNotEmpty()
        val ellipsis = (0 until layout.lineCount).any { layout.getEllipsisCount(it) > 0 }
        val wide = (0 until layout.lineCount).any { layout.getLineMax(it) > layout.width + 1 }
        return ellipsis || wide || layout.height > view.height - view.paddingTop - view.paddingBottom + 1
    }

    private fun beyond(view: View): Boolean {
        val at = IntArray(2)
        view.getLocationInWindow(at)
        return at[0] < 0 || at[0] + view.width > root.width
    }

    companion object {
        /** A height into which every row of a test goes. */
        private const val MOST = 30_000

        /** A view and all within it that is there to be seen. */
        fun all(view: View): List<View> {
            if (view.visibility != View.VISIBLE) return emptyList()
            val within = (view as? ViewGroup)?.let { group -> (0 until group.childCount).flatMap { all(group.getChildAt(it)) } }
            return listOf(view) + within.orEmpty()
        }
    }
}
