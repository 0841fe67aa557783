package io.github.hushwall.record

import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Death
import io.github.hushwall.control.Moment
import io.github.hushwall.control.Outage
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.Stance
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff
import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** Files of the record go out and come back; damaged ones do no harm. */
class RecordTextTest {
    @Test
    fun a_stance_comes_back_as_it_went() {
        val wants = WhyOff.values().map { Wanted.Off(it) } + Wanted.On + Wanted.Paused(1_800_000_000_000)
        for (wanted in wants) for (up in listOf(null, 17L)) {
            val stance = Stance(wanted, up)
            assertEquals(stance, StanceText.parse(StanceText.emit(stance)))
            val absent = stance.copy(absent = Death(Moment(3, 5), OutageCause.NOT_STARTED))
            assertEquals(absent, StanceText.parse(StanceText.emit(absent)))
        }
    }

    @Test
    fun a_stance_that_is_cut_is_none_and_never_a_wish_to_be_on() {
        val text = StanceText.emit(Stance(Wanted.Paused(1_800_000_000_000), 5, Death(Moment(3, 5), OutageCause.KILLED)))
        for (length in text.indices) {
            val parsed = StanceText.parse(text.substring(0, length))
            assertTrue(parsed == null || parsed.wanted is Wanted.Paused)
        }
        assertNull(StanceText.parse("2 on - - -"))
    }

    @Test
    fun outages_come_back_and_a_damaged_line_costs_no_other() {
        val first = Outage(OutageCause.KILLED, Moment(1, 5), 9)
        val second = Outage(OutageCause.FROZEN, Moment.at(20), 30)
        val text = OutageText.emit(first) + OutageText.emit(second)
        assertEquals(listOf(first, second), OutageText.parse(text))
        val line = OutageText.emit(first)
        for (length in 0 until line.length - 1) {
            assertEquals(second, OutageText.parse(line.substring(0, length) + "\n" + OutageText.emit(second)).last())
        }
        assertEquals(emptyList<Outage>(), OutageText.parse("KILLED 9 5 1\nKILLED a b c\nGONE 1 2 3"))
    }

    @Test
    fun rows_come_back_as_they_went() {
        val rows = listOf(
            StopRow("com.miui.msa.global", 12, verdict("ads.example", "192.0.2.7")),
            StopRow(null, 1, verdict("", "2001:db8::1").copy(uid = null, what = "a\ttab")),
        )
        val back = StopText.parse(StopText.emit(rows))
        assertEquals(rows[0], back[0])
        assertEquals("2001:db8::1", back[1].destination)
        assertEquals("atab", back[1].verdict.what)
    }

    @Test
    fun a_damaged_file_of_rows_is_read_as_far_as_it_goes() {
        val text = StopText.emit(listOf(StopRow("a", 1, verdict("x.example", "192.0.2.1"))))
        for (length in text.indices) StopText.parse(text.substring(0, length))
        for (index in text.indices) {
            for (wrong in listOf('\t', '\n', '-', 'z')) StopText.parse(text.substring(0, index) + wrong + text.substring(index + 1))
        }
    }

    private fun verdict(name: String, remote: String) = Verdict(
        1_800_000_000_000, 10_100, Verdict.Transport.DNS, Verdict.Seen.QUERY, name, InetAddress.getByName(remote), 53, 1,
        Verdict.Tier.LIST, "onetrack/tracking", "Built-in", "Reports of use.",
    )
}
