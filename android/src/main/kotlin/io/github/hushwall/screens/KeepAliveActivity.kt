package io.github.hushwall.screens

import android.os.Bundle
import io.github.hushwall.R
import io.github.hushwall.control.Facts
import io.github.hushwall.control.Outage
import io.github.hushwall.control.Shown
import io.github.hushwall.control.Tunnel

/** Seven days as a strip and in words, the outages with cause and length, and what keeps the app running. */
class KeepAliveActivity : Page() {
    override val titleId = R.string.keep_title
    private var outages: List<Outage>? = null
    private var checks: List<Check> = emptyList()
    private var testedAt: Long? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        read()
    }

    override fun onRestart() {
        super.onRestart()
        read()
        // Back from the app that was opened for the test.
        if (testedAt != null) desk.refresh()
    }

    private fun read() = errands.run({ desk.records.outages() to desk.records.checks() }) {
        outages = it.first
        checks = it.second
        redraw()
    }

    override fun Pieces.draw(shown: Shown?) {
        section(getString(R.string.keep_week))
        val outages = outages ?: return paragraph(getString(R.string.loading), soft = true).let {}
        val summary = if (outages.isEmpty()) getString(R.string.keep_no_outage)
        else resources.getQuantityString(R.plurals.keep_outages, outages.size, outages.size)
        view(StripView(this@KeepAliveActivity).apply { show(outages, System.currentTimeMillis(), summary) }, STRIP_HEIGHT)
        paragraph(summary)
        outages.forEach { outage ->
            val span = words.span(outage.atLeast)
            paragraph(getString(R.string.outage_row, words.range(outage.from), words.time(outage.to), span))
            paragraph(getString(titleOf(outage.cause)), soft = true)
        }
        section(getString(R.string.keep_checks))
        checks.forEach { check(it) }
        test(shown)
        paragraph(getString(R.string.boot), soft = true)
    }

    private fun Pieces.check(check: Check) {
        val state = when (check.state) {
            Check.State.DONE -> R.string.check_done
            Check.State.TO_DO -> R.string.check_to_do
            Check.State.UNREADABLE -> R.string.check_unreadable
        }
        val words = check.lostAt?.let { getString(R.string.check_lost, words.time(it)) } ?: getString(state)
        row(getString(titleOf(check.kind)), words) { openPageOf(check.kind) }
        if (check.state == Check.State.UNREADABLE) {
            otherButton(getString(R.string.action_tick)) {
                errands.run({ desk.records.tick(check.kind, true) }) { read() }
            }
        }
    }

    /** Our own package is outside the tunnel, so that only a covered app can prove the whole way. */
    private fun Pieces.test(shown: Shown?) {
        section(getString(R.string.test_title))
        paragraph(getString(R.string.test_about), soft = true)
        testedAt?.let { paragraph(resultOf(shown?.facts, it)) }
        otherButton(getString(R.string.action_test_now)) {
            testedAt = System.currentTimeMillis()
            desk.refresh()
            redraw()
        }
    }

    private fun resultOf(facts: Facts?, tested: Long): String {
        if (facts?.tunnel !is Tunnel.Up) return getString(R.string.test_off)
        val seen = facts.lastSeen ?: return getString(R.string.test_never)
        return if (seen >= tested - TEST_WITHIN) getString(R.string.test_seen, words.age(seen))
        else getString(R.string.line_not_seen, words.time(seen))
    }

    private companion object {
        /** An app that was opened for the test came this way no longer ago, in milliseconds. */
        const val TEST_WITHIN = 120_000L
        const val STRIP_HEIGHT = 40
    }
}
