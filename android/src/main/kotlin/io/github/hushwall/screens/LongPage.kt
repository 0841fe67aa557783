package io.github.hushwall.screens

import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.LinearLayout
import android.widget.ListView

/** A screen with more rows than are to be laid at once: beneath what every screen is made of, rows come into being as they are seen. */
abstract class LongPage : Page() {
    /** One row; [key] names it among all, [lay] makes it. */
    protected class Row(val key: String, val lay: Pieces.() -> Unit)

    private var rows = emptyList<Row>()
    private lateinit var list: ListView

    private val adapter = object : BaseAdapter() {
        override fun getCount() = rows.size
        override fun getItem(place: Int): Any = rows[place]
        override fun getItemId(place: Int) = rows[place].key.hashCode().toLong()
        override fun hasStableIds() = true

        /** Nothing is taken from [used]: so nothing of another row, an icon that comes late or a state, can stick to it. */
        override fun getView(place: Int, used: View?, parent: ViewGroup): View =
            LinearLayout(this@LongPage).apply {
                orientation = LinearLayout.VERTICAL
                rows[place].lay(Pieces(this@LongPage, this))
            }
    }

    /** Shows [next] beneath the column. */
    protected fun rows(next: List<Row>) {
        rows = next
        adapter.notifyDataSetChanged()
    }

    /** Shows the first row. */
    protected fun toTop() = list.setSelection(0)

    override fun scroll(column: View): ViewGroup = ListView(this).apply {
        list = this
        divider = null
        // A row is touched and reached by keys itself.
        itemsCanFocus = true
        addHeaderView(column, null, false)
        adapter = this@LongPage.adapter
    }
}
