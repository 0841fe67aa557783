package io.github.hushwall.record

import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Clock
import java.util.concurrent.CopyOnWriteArrayList

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
    private val watchers = CopyOnWriteArrayList<(String) -> Unit>()
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

    /** Tells [watcher] the key of each row as it comes or changes, on whatever thread. */
    fun watch(watcher: (String) -> Unit) {
        watchers += watcher
    }

    /** Tells it no longer. */
    fun unwatch(watcher: (String) -> Unit) {
        watchers -= watcher
    }

    /** Something was stopped. */
    fun stopped(verdict: Verdict) {
        val key = fold(verdict) ?: return
        watchers.forEach { it(key) }
    }

    @Synchronized
    private fun fold(verdict: Verdict): String? {
        if (days == 0) return null
        load()
        val row = StopRow(verdict.uid?.let(apps::packageOf), 1, verdict)
        val before = rows.remove(row.key)
        rows[row.key] = if (before == null) row else row.copy(times = before.times + 1, storm = before.storm)
        if (rows.size > MOST_ROWS) rows.remove(rows.keys.first())
        if (clock.now() - writtenAt >= WRITE_EVERY) write()
        return row.key
    }

    /** Something refused is asked for again and again: its row of today says so, for as long as the process lives. */
    @Synchronized
    fun storm(storm: Event.Storm) {
        load()
        val app = storm.uid?.let(apps::packageOf)
        val row = rows.values.lastOrNull { it.app == app && it.destination == storm.name } ?: return
        rows[row.key] = row.copy(storm = StopRow.Storm(storm.count, storm.lastedMillis))
    }

    /**
     * Something was let through. Kept is only what is known to be of a vendor's app that is no browser, whatever let it through: a
     * browser's would be a diary of the owner, and where nobody knows the app it may be one.
     */
    @Synchronized
    fun letThrough(verdict: Verdict) {
        val app = verdict.uid?.let(apps::packageOf) ?: return
        if (days == 0 || !apps.isVendors(app)) return
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
