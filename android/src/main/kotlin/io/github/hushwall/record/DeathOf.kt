package io.github.hushwall.record

import io.github.hushwall.control.Death
import io.github.hushwall.control.Moment
import io.github.hushwall.control.OutageCause

/** A process of ours that ended, as Android remembers it (`ApplicationExitInfo`, API 30). */
data class Exit(val at: Long, val reason: Int)

/** All that tells of the last process. Times are milliseconds since 1970. */
data class Traces(
    /** Since when it had a tunnel. */
    val since: Long,
    /** What Android remembers. */
    val exits: List<Exit>,
    /** The engine's last stamp, where there is one. */
    val lastAwake: Long?,
    /** When the phone started. */
    val bootedAt: Long,
    /** When the app was installed or updated last. */
    val updatedAt: Long,
    /** When this process began. */
    val now: Long,
)

/** How the last process ended; `null` if the phone was shut down under it, which is no outage. */
fun deathOf(traces: Traces): Death? {
    val exit = traces.exits.filter { it.at >= traces.since }.maxByOrNull { it.at }
    if (exit != null) return Death(Moment.at(exit.at), causeOf(exit, traces))
    if (traces.bootedAt > traces.since) return null
    val earliest = (traces.lastAwake ?: traces.since).coerceIn(traces.since, maxOf(traces.since, traces.now))
    val updated = traces.updatedAt in earliest..traces.now
    return if (updated) {
        Death(Moment.at(traces.updatedAt), OutageCause.UPDATED)
    } else {
        Death(Moment(earliest, maxOf(earliest, traces.now)), OutageCause.KILLED)
    }
}

private fun causeOf(exit: Exit, traces: Traces): OutageCause = when {
    exit.reason == PACKAGE_UPDATED -> OutageCause.UPDATED
    exit.reason in OWN_FAULTS -> OutageCause.OWN_ERROR
    // Below API 34 an update reads like any other kill.
    traces.updatedAt in exit.at - UPDATE_TAKES..exit.at + UPDATE_TAKES -> OutageCause.UPDATED
    else -> OutageCause.KILLED
}

/** `ApplicationExitInfo.REASON_PACKAGE_UPDATED`. */
private const val PACKAGE_UPDATED = 16

/** `REASON_CRASH`, `REASON_CRASH_NATIVE`, `REASON_ANR`, `REASON_INITIALIZATION_FAILURE`. */
private val OWN_FAULTS = setOf(4, 5, 6, 7)

private const val UPDATE_TAKES = 60_000L
