package io.github.hushwall.control

/** Where commands wait. One thread takes them, in order; tests bring a queue that they turn by hand. */
interface CommandQueue {
    /** Puts [command] at the end. */
    fun post(command: () -> Unit)

    /** Puts [command] at the end after [millis]. */
    fun after(millis: Long, command: () -> Unit): Pending

    /** A command that waits for its time. */
    fun interface Pending {
        /** Forgets it. */
        fun cancel()
    }
}
