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

/**
 * How protection ended with the last process; `null` if the phone was shut down under it and the next one began soon after the
 * restart, which is no outage. A phone that starts and does not let us start is one, from its start on.
 */
fun deathOf(traces: Traces): Death? {
    val exit = firstExit(traces)
    if (exit != null) return Death(Moment.at(exit.at), causeOf(exit, traces))
    if (traces.bootedAt > traces.since) {
        val late = traces.now - traces.bootedAt > START_TAKES
        return if (late) Death(Moment.at(traces.bootedAt), OutageCause.NOT_STARTED) else null
    }
    val earliest = (traces.lastAwake ?: traces.since).coerceIn(traces.since, maxOf(traces.since, traces.now))
    val updated = traces.updatedAt in earliest..traces.now
    return if (updated) {
        Death(Moment.at(traces.updatedAt), OutageCause.UPDATED)
    } else {
        Death(Moment(earliest, maxOf(earliest, traces.now)), OutageCause.KILLED)
    }
}

/** Short lives without a tunnel may have come and gone since: the first exit after the engine's last stamp is the one. */
private fun firstExit(traces: Traces): Exit? {
    val exits = traces.exits.filter { it.at >= traces.since }
    val awake = traces.lastAwake ?: traces.since
    return exits.filter { it.at >= awake }.minByOrNull { it.at } ?: exits.maxByOrNull { it.at }
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

/** A phone that is slow to start brings its apps up within so long. */
private const val START_TAKES = 180_000L
