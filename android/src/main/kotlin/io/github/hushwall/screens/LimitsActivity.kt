package io.github.hushwall.screens

import io.github.hushwall.R
import io.github.hushwall.control.Shown

/** What it can and can't do. */
class LimitsActivity : Page() {
    override val titleId = R.string.limits

    override fun Pieces.draw(shown: Shown?) {
        for (sentence in listOf(
            R.string.what, R.string.is_not, R.string.limit, R.string.boot, R.string.key_icon, R.string.one_vpn, R.string.no_server,
        )) {
            paragraph(getString(sentence))
        }
    }
}
