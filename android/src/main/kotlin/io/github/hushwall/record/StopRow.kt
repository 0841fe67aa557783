package io.github.hushwall.record

import io.github.hushwall.bridge.Verdict

/** What was stopped on one day: an app and a destination, retries folded in. */
data class StopRow(
    /** The app's package, where known. */
    val app: String?,
    /** How often it was tried. */
    val times: Int,
    /** The last verdict. */
    val verdict: Verdict,
    /** How often in how short a time, where that is worth saying. */
    val storm: Storm? = null,
) {
    /** So many tries within so many milliseconds. */
    data class Storm(val times: Int, val millis: Long)

    /** Where it wanted to go. */
    val destination: String get() = verdict.destination

    /** Names the row among all of its day. */
    val key: String get() = "${verdict.at / DAY} ${app ?: "-"} $destination"

    private companion object {
        const val DAY = 86_400_000L
    }
}
