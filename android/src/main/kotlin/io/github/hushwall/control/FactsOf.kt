package io.github.hushwall.control

import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.PrivateDns
import io.github.hushwall.plan.Plan
import io.github.hushwall.settings.Settings

/** The facts with another network beneath. */
internal fun Facts.on(network: Network, online: Boolean): Facts =
    copy(online = online, strictDns = network.privateDnsHost.takeIf { network.privateDns == PrivateDns.STRICT })

/** The facts with another plan. */
internal fun Facts.planned(plan: Plan, settings: Settings): Facts {
    val ready = plan as? Plan.Ready
    return copy(
        covered = ready?.covered?.size ?: 0,
        coversAll = ready?.coversAll ?: false,
        questionsOnly = settings.depth == Depth.DNS,
    )
}

/**
 * The facts after the engine said when it last saw an app. That a day went by without one counts when the owner unlocks the phone:
 * a phone in a drawer proves nothing.
 */
internal fun Facts.seen(at: Long?, now: Long, unlocked: Boolean): Facts {
    val seen = at ?: lastSeen
    val up = tunnel as? Tunnel.Up ?: return copy(lastSeen = seen)
    val unseen = now - maxOf(seen ?: 0, up.since)
    return copy(lastSeen = seen, usedSince = if (unlocked) unseen else minOf(usedSince, unseen))
}

/** An outage that the engine tells of. */
internal fun outageOf(event: Event.Outage): Outage {
    val why = when (event.cause) {
        Event.Outage.Cause.REBUILT -> OutageCause.OWN_ERROR
        Event.Outage.Cause.FROZEN -> OutageCause.FROZEN
    }
    return Outage(why, Moment.at(event.at), event.at + event.lastedMillis)
}
