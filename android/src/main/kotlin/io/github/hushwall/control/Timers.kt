package io.github.hushwall.control

/**
 * The few things that happen by themselves at a time: by the queue while the phone is awake, whose own time stops in sleep, and by
 * an alarm. What an alarm or the owner finds overdue is done then, by [check].
 */
internal class Timers(private val queue: CommandQueue, private val phone: Phone, private val clock: Clock) {
    private class End(val at: Long, val waiting: CommandQueue.Pending, val over: () -> Unit)

    private var pause: End? = null
    private var rule: End? = null
    private var alarm: Long? = null

    /** A pause ends at [until]. */
    fun pause(until: Long, over: () -> Unit) {
        pause?.waiting?.cancel()
        pause = end(until, over)
        wake()
    }

    /** No pause. */
    fun stopPause() {
        pause?.waiting?.cancel()
        pause = null
        wake()
    }

    /** A rule of the owner ends [at]. */
    fun ruleEnd(at: Long?, over: () -> Unit) {
        rule?.waiting?.cancel()
        rule = at?.let { end(it, over) }
        wake()
    }

    /** Does what is overdue. */
    fun check() {
        val now = clock.now()
        for (end in listOfNotNull(pause, rule)) {
            if (end.at > now) continue
            end.waiting.cancel()
            end.over()
        }
    }

    private fun end(at: Long, over: () -> Unit) = End(at, queue.after(maxOf(0, at - clock.now()), over), over)

    private fun wake() {
        val next = listOfNotNull(pause?.at, rule?.at).minOrNull()
        if (next == alarm) return
        alarm = next
        phone.wakeAt(next)
    }
}
