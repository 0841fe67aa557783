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

/** The facts with another plan; [leftOut] if the owner left out all that could be covered. */
internal fun Facts.planned(plan: Plan, settings: Settings, leftOut: Boolean): Facts {
    val ready = plan as? Plan.Ready
    return copy(
        covered = ready?.covered?.size ?: 0,
        coversAll = ready?.coversAll ?: false,
        leftOut = leftOut,
        questionsOnly = settings.depth == Depth.DNS,
    )
}

/** An owner who unlocks the phone is taken to have used it for at most so long before, in milliseconds. */
internal const val USE_PER_UNLOCK: Long = 3_600_000

/** The facts after the engine said when it last saw an app. Only use of the phone counts: one in a drawer proves nothing. */
internal fun Facts.seen(at: Long?, now: Long, unlocked: Boolean): Facts {
    val seen = at ?: lastSeen
    val up = tunnel as? Tunnel.Up ?: return copy(lastSeen = seen)
    val used = if (seen == lastSeen) usedSince else 0
    if (!unlocked) return copy(lastSeen = seen, usedSince = used)
    val since = maxOf(seen ?: 0, up.since, lastUnlock ?: 0)
    return copy(lastSeen = seen, lastUnlock = now, usedSince = used + (now - since).coerceIn(0, USE_PER_UNLOCK))
}

/** An outage that the engine tells of. */
internal fun outageOf(event: Event.Outage): Outage {
    val why = when (event.cause) {
        Event.Outage.Cause.REBUILT -> OutageCause.OWN_ERROR
        Event.Outage.Cause.FROZEN -> OutageCause.FROZEN
    }
    val end = event.at + event.lastedMillis
    return Outage(why, Moment(event.at, end - event.atLeastMillis), end)
}
