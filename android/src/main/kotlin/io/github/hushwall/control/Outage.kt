package io.github.hushwall.control

/** Time in which protection was wanted and absent. */
data class Outage(val cause: OutageCause, val from: Moment, val to: Long) {
    /** How long it was at least, in milliseconds. */
    val atLeast: Long get() = maxOf(0L, to - from.latest)
}

/** What ended protection. */
enum class OutageCause {
    /** The phone stopped the process. */
    KILLED,

    /** The phone froze the process; the tunnel stayed. */
    FROZEN,

    /** The engine failed and was built anew. */
    OWN_ERROR,

    /** The app was replaced by a newer one. */
    UPDATED,

    /** Protection could not be started. */
    NOT_STARTED,
}

/** A time that may be known within a range only (wall clock, milliseconds). */
data class Moment(val earliest: Long, val latest: Long) {
    /** Whether the time is known to the minute. */
    val exact: Boolean get() = latest - earliest < MINUTE

    companion object {
        private const val MINUTE = 60_000L

        /** A time that is known. */
        fun at(millis: Long): Moment = Moment(millis, millis)
    }
}
