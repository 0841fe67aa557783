package io.github.hushwall.control

/** The two clocks. */
interface Clock {
    /** Milliseconds since 1970. */
    fun now(): Long

    /** Milliseconds since the phone started, sleep included. */
    fun sinceBoot(): Long
}
