package io.github.hushwall.record

import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Clock

/**
 * What was stopped, for as many days as the owner keeps it, and in memory what was let through in the last half hour.
 *
 * Writes when something was stopped and the last write is a minute old, and when memory gets scarce; never by a timer.
 */
class StopLog(private val store: Store, private val clock: Clock, private val apps: Apps) {
    /** Whose a uid is. */
    interface Apps {
        /** The package of [uid]; `null` where Android does not say. */
        fun packageOf(uid: Int): String?

        /** Whether [app] is the vendor's, and no browser. */
        fun isVendors(app: String): Boolean
    }

    private val rows = LinkedHashMap<String, StopRow>()
    private val passed = ArrayDeque<Verdict>()
    private var read = false
    private var writtenAt = 0L
    private var days = DEFAULT_DAYS

    /** Keeps rows for [days]; 0 keeps none. */
    @Synchronized
    fun keep(days: Int) {
        if (days == this.days) return
        load()
        this.days = days
        if (days == 0) passed.clear()
        write()
    }

    /** Something was stopped. */
    @Synchronized
    fun stopped(verdict: Verdict) {
        if (days == 0) return
        load()
        val row = StopRow(verdict.uid?.let(apps::packageOf), 1, verdict)
        val before = rows.remove(row.key)
        rows[row.key] = if (before == null) row else row.copy(times = before.times + 1)
        if (rows.size > MOST_ROWS) rows.remove(rows.keys.first())
        if (clock.now() - writtenAt >= WRITE_EVERY) write()
    }

    /**
     * Something was let through. Kept is what the vendor's own records name, and else only what is known to be of a vendor's app that is
     * no browser: what else the owner does is nobody's business.
     */
    @Synchronized
    fun letThrough(verdict: Verdict) {
        if (days == 0 || !isOfUse(verdict)) return
        passed.addLast(verdict)
        forget()
        while (passed.size > MOST_PASSED) passed.removeFirst()
    }

    /** The rows, the latest first. */
    @Synchronized
    fun rows(): List<StopRow> {
        load()
        prune()
        return rows.values.sortedByDescending { it.verdict.at }
    }

    /** What was let through in the last half hour, the latest first. */
    @Synchronized
    fun passed(): List<Verdict> {
        forget()
        return passed.toList().asReversed()
    }

    /** Writes what is not written yet. */
    @Synchronized
    fun flush() {
        if (read) write()
    }

    /** Memory is scarce: what can be read again goes to disk, what was let through is forgotten. */
    @Synchronized
    fun trim() {
        flush()
        rows.clear()
        passed.clear()
        read = false
    }

    private fun isOfUse(verdict: Verdict): Boolean = when (verdict.tier) {
        Verdict.Tier.ESSENTIAL, Verdict.Tier.FEATURE, Verdict.Tier.OWNER_ALLOW, Verdict.Tier.APP_RULE -> true
        else -> verdict.uid?.let(apps::packageOf)?.let(apps::isVendors) ?: false
    }

    private fun load() {
        if (read) return
        read = true
        store.read()?.let(StopText::parse).orEmpty().forEach { rows[it.key] = it }
    }

    private fun write() {
        load()
        prune()
        writtenAt = clock.now()
        store.write(StopText.emit(rows.values))
    }

    private fun prune() {
        val since = clock.now() - days * DAY
        rows.values.removeAll { it.verdict.at < since }
        if (days == 0) rows.clear()
    }

    private fun forget() {
        val since = clock.now() - HALF_HOUR
        passed.removeAll { it.at < since }
    }

    private companion object {
        const val DAY = 86_400_000L
        const val HALF_HOUR = 1_800_000L
        const val WRITE_EVERY = 60_000L
        const val DEFAULT_DAYS = 7
        const val MOST_ROWS = 3_000
        const val MOST_PASSED = 2_000
    }
}
