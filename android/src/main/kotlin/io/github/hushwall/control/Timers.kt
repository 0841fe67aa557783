package io.github.hushwall.control

/** The few things that happen by themselves at a time. */
internal class Timers(private val queue: CommandQueue, private val phone: Phone, private val clock: Clock) {
    private var pause: CommandQueue.Pending? = null
    private var rule: CommandQueue.Pending? = null

    /** A pause ends at [until]: by the queue while the phone is awake, by an alarm while it sleeps. */
    fun pause(until: Long, over: () -> Unit) {
        stopPause()
        phone.wakeAt(until)
        pause = queue.after(maxOf(0, until - clock.now()), over)
    }

    /** No pause. */
    fun stopPause() {
        if (pause == null) return
        pause?.cancel()
        pause = null
        phone.wakeAt(null)
    }

    /** A rule of the owner ends [at]. */
    fun ruleEnd(at: Long?, over: () -> Unit) {
        rule?.cancel()
        rule = at?.let { queue.after(maxOf(1, it - clock.now()), over) }
    }
}
