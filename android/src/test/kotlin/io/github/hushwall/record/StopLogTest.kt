package io.github.hushwall.record

import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.FakeTime
import java.io.File
import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The log of what was stopped: folded, bounded, and not a diary of the owner. */
@RunWith(RobolectricTestRunner::class)
class StopLogTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val time = FakeTime()
    private val apps = object : StopLog.Apps {
        override fun packageOf(uid: Int): String? = mapOf(10_100 to "v.ads", 10_101 to "v.browser")[uid]
        override fun isVendors(app: String): Boolean = app == "v.ads"
    }
    private val file: File by lazy { File(folder.root, "stopped") }
    private val log by lazy { open() }

    private fun open() = StopLog(Store { file }, time, apps)

    private fun verdict(name: String, uid: Int? = 10_100, tier: Verdict.Tier = Verdict.Tier.LIST) = Verdict(
        time.now(), uid, Verdict.Transport.DNS, Verdict.Seen.QUERY, name, InetAddress.getByAddress(byteArrayOf(1, 2, 3, 4)), 53, 1,
        tier, "rule", "list", "what",
    )

    @Test
    fun retries_are_folded_into_one_row() {
        repeat(1_000) { log.stopped(verdict("ads.example")) }
        log.stopped(verdict("other.example"))
        log.stopped(verdict("ads.example", uid = null))
        assertEquals(listOf(1_000, 1, 1), log.rows().map { it.times }.sortedDescending())
        assertEquals("v.ads", log.rows().first { it.times == 1_000 }.app)
    }

    @Test
    fun rows_outlive_the_process_for_seven_days_and_no_longer() {
        log.stopped(verdict("ads.example"))
        log.flush()
        assertEquals("ads.example", open().rows().single().destination)
        time.pass(7 * 86_400_000L + 1)
        assertTrue(open().rows().isEmpty())
    }

    @Test
    fun the_owner_can_keep_a_day_or_nothing() {
        log.stopped(verdict("old.example"))
        time.pass(86_400_001)
        log.stopped(verdict("new.example"))
        log.keep(1)
        assertEquals(listOf("new.example"), log.rows().map { it.destination })
        log.keep(0)
        log.stopped(verdict("ads.example"))
        assertTrue(log.rows().isEmpty())
        assertFalse("nothing stays on the phone", file.readText().contains("example"))
    }

    @Test
    fun it_is_written_at_most_once_a_minute_and_without_a_timer() {
        log.stopped(verdict("a.example"))
        val first = file.readText()
        log.stopped(verdict("b.example"))
        assertEquals(first, file.readText())
        time.pass(60_000)
        log.stopped(verdict("c.example"))
        assertTrue(file.readText().contains("b.example"))
    }

    @Test
    fun what_is_tried_again_and_again_is_said_of_its_row_and_not_kept() {
        log.stopped(verdict("ads.example"))
        log.stopped(verdict("ads.example", uid = 10_101))
        log.storm(Event.Storm(time.now(), 10_100, "ads.example", 120, 60_000))
        log.storm(Event.Storm(time.now(), 10_100, "other.example", 60, 60_000))
        log.stopped(verdict("ads.example"))
        val (storm, quiet) = log.rows().partition { it.storm != null }
        assertEquals(StopRow.Storm(120, 60_000), storm.single().storm)
        assertEquals(2, storm.single().times)
        assertEquals("v.browser", quiet.single().app)
        log.flush()
        assertEquals(listOf(null, null), open().rows().map { it.storm })
    }

    @Test
    fun an_address_without_a_name_has_its_storm_as_the_engine_writes_it() {
        val six = InetAddress.getByAddress(byteArrayOf(0x20, 1, 0x0d, 0xb8.toByte(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
        val four = InetAddress.getByAddress(byteArrayOf(1, 2, 3, 4))
        for ((address, name) in listOf(six to "2001:db8::1", four to "1.2.3.4")) {
            log.stopped(verdict("").copy(remote = address))
            log.storm(Event.Storm(time.now(), 10_100, name, 60, 1_000))
            val row = log.rows().single { it.verdict.remote == address }
            assertEquals(name, row.destination)
            assertEquals(name, StopRow.Storm(60, 1_000), row.storm)
        }
    }

    @Test
    fun who_reads_the_list_is_told_the_key_of_what_comes_and_no_longer_afterwards() {
        val told = mutableListOf<String>()
        val watcher: (String) -> Unit = { told += it }
        log.watch(watcher)
        log.stopped(verdict("a.example"))
        log.stopped(verdict("a.example"))
        log.stopped(verdict("b.example"))
        log.unwatch(watcher)
        log.stopped(verdict("c.example"))
        val keys = log.rows().associate { it.destination to it.key }
        assertEquals(listOf("a.example", "a.example", "b.example").map { keys[it] }, told)
        log.keep(0)
        log.watch(watcher)
        log.stopped(verdict("d.example"))
        assertEquals("what is not kept is not told", 3, told.size)
    }

    @Test
    fun memory_that_gets_scarce_costs_no_row() {
        log.stopped(verdict("a.example"))
        log.letThrough(verdict("find.example", tier = Verdict.Tier.ESSENTIAL))
        assertEquals(1, log.passed().size)
        log.trim()
        assertEquals(listOf("a.example"), log.rows().map { it.destination })
        assertTrue(log.passed().isEmpty())
    }

    @Test
    fun the_number_of_rows_is_bounded_and_the_oldest_go_first() {
        repeat(3_500) { log.stopped(verdict("name$it.example")) }
        assertEquals(3_000, log.rows().size)
        assertTrue(log.rows().any { it.destination == "name3499.example" })
        assertFalse(log.rows().any { it.destination == "name0.example" })
    }

    @Test
    fun what_was_let_through_stays_in_memory_for_half_an_hour_and_is_never_a_browsers() {
        log.letThrough(verdict("page.example", uid = 10_101, tier = Verdict.Tier.NONE))
        log.letThrough(verdict("unknown.example", uid = null, tier = Verdict.Tier.NONE))
        for (tier in Verdict.Tier.values()) {
            log.letThrough(verdict("shop.example", uid = 10_101, tier = tier))
            log.letThrough(verdict("site.example", uid = null, tier = tier))
        }
        log.letThrough(verdict("cloud.example", tier = Verdict.Tier.FEATURE))
        log.letThrough(verdict("cdn.example", tier = Verdict.Tier.NONE))
        assertEquals(listOf("cdn.example", "cloud.example"), log.passed().map { it.name })
        log.flush()
        assertFalse(file.exists() && file.readText().contains("cdn.example"))
        time.pass(1_800_001)
        assertTrue(log.passed().isEmpty())
    }
}
