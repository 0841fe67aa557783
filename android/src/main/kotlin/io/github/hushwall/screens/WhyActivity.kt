package io.github.hushwall.screens

import android.os.Build
import android.os.Bundle
import io.github.hushwall.R
import io.github.hushwall.bridge.Action
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Shown
import io.github.hushwall.control.outlives
import io.github.hushwall.settings.OwnerRule

/** Why one thing was stopped: who, where to, what for, who says so, what breaks, and the way back. */
class WhyActivity : Page() {
    override val titleId = R.string.why_title
    private var stop: Stop? = null
    private var known: Explanation? = null
    private var said: Int? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val key = intent.getStringExtra(KEY).orEmpty()
        errands.run({ desk.records.stop(key)?.let { it to desk.records.explain(it.verdict.ruleId) } }) { found ->
            if (found == null) return@run finish()
            stop = found.first
            known = found.second
            redraw()
        }
    }

    override fun Pieces.draw(shown: Shown?) {
        val stop = stop ?: return paragraph(getString(R.string.loading), soft = true).let {}
        said?.let { paragraph(getString(it)) }
        title(stop.app ?: getString(R.string.unknown_app))
        if (stop.shared) paragraph(getString(R.string.system_why), soft = true)
        fact(getString(R.string.why_reach), words.address(stop.destination))
        fact(getString(R.string.why_for), getString(titleOfPurpose(known?.purpose ?: stop.purpose)))
        fact(getString(R.string.why_known), known?.about?.ifEmpty { null } ?: unknown(stop))
        known?.evidence?.takeIf { it.isNotEmpty() }?.let { all ->
            fact(getString(R.string.why_evidence), all.joinToString("\n") { words.address(it.url) })
        }
        fact(getString(R.string.why_decided), decidedBy(stop.verdict))
        fact(getString(R.string.why_breaks), breaks())
        paragraph(resources.getQuantityString(R.plurals.tries, stop.times, stop.times))
        stop.storm?.let { paragraph(getString(R.string.why_storm, it.times, words.span(it.millis))) }
        buttons(stop, shown)
    }

    private fun Pieces.buttons(stop: Stop, shown: Shown?) {
        space()
        val own = shown?.settings?.rules.orEmpty().filter { it.name == stop.destination }
        if (own.isNotEmpty()) {
            return mainButton(getString(R.string.action_remove_rule)) {
                change(R.string.rule_removed, anew = false) { rules -> rules.filter { it.name != stop.destination } }
            }.let {}
        }
        val app = stop.packageName
        val told = Build.VERSION.SDK_INT >= 29
        val perApp = told && asksOwner(stop.verdict)
        if (app != null && perApp) {
            mainButton(getString(if (stop.shared) R.string.action_allow_parts else R.string.action_allow_app)) { allow(stop, app) }
        }
        otherButton(getString(R.string.action_allow_all)) { allow(stop, null) }
        if (!told) paragraph(getString(R.string.below_ten), soft = true)
        else if (!perApp) paragraph(getString(R.string.all_only), soft = true)
    }

    /** Nobody asks whose plain UDP or a ping is; QUIC falls back to TCP, where the owner is asked for. */
    private fun asksOwner(verdict: Verdict): Boolean = when (verdict.transport) {
        Verdict.Transport.TCP, Verdict.Transport.DNS -> true
        Verdict.Transport.UDP -> verdict.seen == Verdict.Seen.QUIC
        Verdict.Transport.ICMP -> false
    }

    /** Apps that remember a refusal for long are made to forget it; the usual one is forgotten by itself before anybody wonders. */
    private fun allow(stop: Stop, app: String?) {
        val life = known?.answerSeconds ?: EngineSettings().blockedAnswerSeconds
        val remembered = stop.verdict.transport == Verdict.Transport.DNS && outlives(stop.last, System.currentTimeMillis(), life)
        change(if (remembered) R.string.allowed_anew else R.string.allowed_now, remembered) { rules ->
            rules + OwnerRule(stop.destination, Action.ALLOW, subdomains = false, app = app)
        }
    }

    private fun change(saying: Int, anew: Boolean, edit: (List<OwnerRule>) -> List<OwnerRule>) {
        said = saying
        desk.change(anew) { it.copy(rules = edit(it.rules)) }
        redraw()
    }

    private fun unknown(stop: Stop) = getString(R.string.unknown, stop.verdict.list)

    private fun decidedBy(verdict: Verdict): String = when (verdict.tier) {
        Verdict.Tier.APP_RULE, Verdict.Tier.OWNER_ALLOW, Verdict.Tier.OWNER_BLOCK -> getString(R.string.purpose_own)
        else -> getString(R.string.why_rule, verdict.list, words.name(verdict.ruleId), getString(titleOf(verdict.seen)))
    }

    private fun breaks(): String {
        val breaks = known?.breaks ?: return getString(R.string.why_breaks_unknown)
        return if (breaks.isEmpty()) getString(R.string.why_no_breaks) else breaks.joinToString("\n") { it.what }
    }

    companion object {
        /** The key of the stop to explain. */
        const val KEY: String = "key"
    }
}
