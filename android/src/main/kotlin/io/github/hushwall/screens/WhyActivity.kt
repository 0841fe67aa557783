package io.github.hushwall.screens

import android.os.Bundle
import io.github.hushwall.R
import io.github.hushwall.control.Shown

/** Why one thing was stopped, on a screen of its own. */
class WhyActivity : Page() {
    override val titleId = R.string.why_title
    override val saysReconnects get() = true
    private var panel: WhyPanel? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val key = intent.getStringExtra(KEY).orEmpty()
        errands.run({ desk.records.stop(key)?.let { it to desk.records.explain(it.verdict.ruleId) } }) { found ->
            if (found == null) return@run finish()
            panel = WhyPanel(this, desk, words, found.first, found.second, ::redraw)
            redraw()
        }
    }

    override fun Pieces.draw(shown: Shown?) {
        panel?.draw(this, shown) ?: paragraph(getString(R.string.loading), soft = true)
    }

    companion object {
        /** The key of the stop to explain. */
        const val KEY: String = "key"
    }
}
