package io.github.hushwall.screens

import android.app.Activity
import android.os.Build
import android.view.View
import io.github.hushwall.R
import io.github.hushwall.bridge.Action
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Shown
import io.github.hushwall.control.outlives
import io.github.hushwall.settings.OwnerRule

/** Why one thing was stopped: who, where to, what for, who says so, what breaks, and the way back. */
class WhyPanel(
    private val page: Activity,
    private val desk: Desk,
    private val words: Words,
    private val stop: Stop,
    private val known: Explanation?,
    private val redraw: () -> Unit,
) {
    private var changed: Change? = null

    /** What the owner has chosen here, and when. */
    private class Change(val allowed: Boolean, val at: Long)

    /** Lays it. */
    fun draw(pieces: Pieces, shown: Shown?): Unit = with(pieces) {
        title(stop.app ?: text(R.string.unknown_app))
        if (stop.shared) paragraph(text(R.string.system_why), soft = true)
        fact(text(R.string.why_reach), words.address(stop.destination))
        fact(text(R.string.why_for), text(titleOfPurpose(known?.purpose ?: stop.purpose)))
        fact(text(R.string.why_known), known?.about?.ifEmpty { null } ?: page.getString(R.string.unknown, stop.verdict.list))
        known?.evidence?.takeIf { it.isNotEmpty() }?.let { all ->
            fact(text(R.string.why_evidence), all.joinToString("\n") { words.address(it.url) })
        }
        fact(text(R.string.why_decided), decidedBy(stop.verdict))
        fact(text(R.string.why_breaks), breaks())
        paragraph(page.resources.getQuantityString(R.plurals.tries, stop.times, stop.times))
        stop.storm?.let { paragraph(page.getString(R.string.why_storm, it.times, words.span(it.millis))) }
        space()
        // Beside the button that was touched, where the owner looks.
        changed?.let { paragraph(text(saying(it, shown))).accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE }
        buttons(shown)
    }

    private fun Pieces.buttons(shown: Shown?) {
        val own = shown?.settings?.rules.orEmpty().filter { it.name == stop.destination }
        if (own.isNotEmpty()) {
            mainButton(text(R.string.action_remove_rule)) {
                change(allowed = false, anew = false) { rules -> rules.filter { it.name != stop.destination } }
            }
            return
        }
        val app = stop.packageName
        val told = Build.VERSION.SDK_INT >= 29
        val perApp = told && asksOwner(stop.verdict)
        if (app != null && perApp) {
            mainButton(text(if (stop.shared) R.string.action_allow_parts else R.string.action_allow_app)) { allow(app) }
        }
        otherButton(text(R.string.action_allow_all)) { allow(null) }
        if (!told) paragraph(text(R.string.below_ten), soft = true)
        else if (!perApp) paragraph(text(R.string.all_only), soft = true)
    }

    /** Android tells owners of TCP and UDP; whose a ping is nobody knows. */
    private fun asksOwner(verdict: Verdict): Boolean = verdict.transport != Verdict.Transport.ICMP

    /** Apps that remember a refusal for long are made to forget it; the usual one is forgotten by itself before anybody wonders. */
    private fun allow(app: String?) {
        val life = known?.answerSeconds ?: EngineSettings().blockedAnswerSeconds
        val remembered = stop.verdict.transport == Verdict.Transport.DNS && outlives(stop.last, System.currentTimeMillis(), life)
        change(allowed = true, remembered) { rules ->
            rules + OwnerRule(stop.destination, Action.ALLOW, subdomains = false, app = app)
        }
    }

    private fun change(allowed: Boolean, anew: Boolean, edit: (List<OwnerRule>) -> List<OwnerRule>) {
        changed = Change(allowed, System.currentTimeMillis())
        desk.change(anew) { it.copy(rules = edit(it.rules)) }
        redraw()
    }

    /** That apps reconnect is known when it is so: the engine may find only then that an answer is remembered for longer. */
    private fun saying(change: Change, shown: Shown?): Int = when {
        !change.allowed -> R.string.rule_removed
        (shown?.facts?.reconnected ?: 0) >= change.at -> R.string.allowed_anew
        else -> R.string.allowed_now
    }

    private fun decidedBy(verdict: Verdict): String = when (verdict.tier) {
        Verdict.Tier.APP_RULE, Verdict.Tier.OWNER_ALLOW, Verdict.Tier.OWNER_BLOCK -> text(R.string.purpose_own)
        else -> page.getString(R.string.why_rule, verdict.list, words.name(verdict.ruleId), text(titleOf(verdict.seen)))
    }

    private fun breaks(): String {
        val breaks = known?.breaks ?: return text(R.string.why_breaks_unknown)
        return if (breaks.isEmpty()) text(R.string.why_no_breaks) else breaks.joinToString("\n") { it.what }
    }

    private fun text(id: Int) = page.getString(id)
}
