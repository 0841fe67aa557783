package io.github.hushwall.screens

import io.github.hushwall.bridge.Verdict
import io.github.hushwall.record.StopRow

/** What was stopped: one app and one destination, retries folded in. */
data class Stop(
    /** Names it among all. */
    val key: String,
    /** The app's name for people; `null` where nobody knows the app. */
    val app: String?,
    /** The app's package, where known. */
    val packageName: String?,
    /** What the rule stops: `usage`, `crash`, ... as in the records; empty where nobody said. */
    val purpose: String,
    /** When last, in milliseconds since 1970. */
    val last: Long,
    /** How often it was tried. */
    val times: Int,
    /** The last verdict. */
    val verdict: Verdict,
    /** How often in how short a time, where that is worth saying. */
    val storm: StopRow.Storm? = null,
    /** Whether the package only stands for several, which share one identity. */
    val shared: Boolean = false,
) {
    /** Where it wanted to go. */
    val destination: String get() = verdict.destination
}
