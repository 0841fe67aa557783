package io.github.hushwall.control

/** Keeps the time in which protection was wanted and absent, from its beginning to its end. */
internal class Losses(private val keep: Keep) {
    private var cause: OutageCause? = null
    private var from = Moment.at(0)

    /** Since when protection is absent. */
    val since: Long? get() = if (cause == null) null else from.earliest

    /** What is running; `null` if nothing is. */
    val running: Death? get() = cause?.let { Death(from, it) }

    /** Protection went away; what is already running goes on. */
    fun begin(why: OutageCause, at: Moment) {
        if (cause != null) return
        cause = why
        from = at
    }

    /** Protection is back, or no longer wanted; the outage, if there was one. */
    fun end(now: Long): Outage? {
        val why = cause ?: return null
        cause = null
        return Outage(why, from, maxOf(now, from.latest)).also { keep.keep(it) }
    }
}
