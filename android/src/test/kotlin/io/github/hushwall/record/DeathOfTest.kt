package io.github.hushwall.record

import io.github.hushwall.control.Death
import io.github.hushwall.control.Moment
import io.github.hushwall.control.OutageCause
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

/** When and why the last process ended, from what is left of it. */
class DeathOfTest {
    private val up = 10_000_000L
    private val now = 20_000_000L
    private val plain = Traces(since = up, exits = emptyList(), lastAwake = null, bootedAt = 1, updatedAt = 1, now = now)

    @Test
    fun androids_own_memory_is_exact() {
        val exits = listOf(Exit(up - 5, 3), Exit(15_000_000, 10), Exit(14_000_000, 3))
        assertEquals(Death(Moment.at(14_000_000), OutageCause.KILLED), deathOf(plain.copy(exits = exits, lastAwake = 12_000_000)))
    }

    @Test
    fun of_several_short_lives_since_the_first_end_counts() {
        val exits = listOf(Exit(19_000_000, 10), Exit(18_000_000, 10), Exit(12_000_001, 10), Exit(11_000_000, 10))
        assertEquals(Moment.at(12_000_001), deathOf(plain.copy(exits = exits, lastAwake = 12_000_000))?.at)
        assertEquals("a stamp after all of them", Moment.at(19_000_000), deathOf(plain.copy(exits = exits, lastAwake = 19_500_000))?.at)
    }

    @Test
    fun a_phone_that_starts_without_starting_us_is_an_outage_from_its_start_on() {
        val restarted = plain.copy(bootedAt = up + 5, now = up + 5 + 180_001)
        assertEquals(Death(Moment.at(up + 5), OutageCause.NOT_STARTED), deathOf(restarted))
        assertEquals(Death(Moment.at(up + 5), OutageCause.NOT_STARTED), deathOf(restarted.copy(now = up + 5 + 3 * 86_400_000)))
    }

    @Test
    fun each_reason_has_its_cause() {
        for (reason in 0..16) {
            val expected = when (reason) {
                4, 5, 6, 7 -> OutageCause.OWN_ERROR
                16 -> OutageCause.UPDATED
                else -> OutageCause.KILLED
            }
            assertEquals(expected, deathOf(plain.copy(exits = listOf(Exit(up + 1, reason))))?.cause)
        }
    }

    @Test
    fun without_it_the_last_stamp_bounds_the_time_from_below() {
        assertEquals(Death(Moment(17_000_000, now), OutageCause.KILLED), deathOf(plain.copy(lastAwake = 17_000_000)))
    }

    @Test
    fun without_a_stamp_all_the_time_since_it_was_up_is_uncertain() {
        assertEquals(Death(Moment(up, now), OutageCause.KILLED), deathOf(plain))
    }

    @Test
    fun a_stamp_that_cannot_be_is_bent_to_what_can() {
        assertEquals(Moment(up, now), deathOf(plain.copy(lastAwake = 5))?.at)
        assertEquals(Moment(now, now), deathOf(plain.copy(lastAwake = now + 5))?.at)
        assertEquals(Moment(up, up), deathOf(plain.copy(now = up - 9))?.at)
    }

    @Test
    fun a_restart_of_the_phone_is_no_death_unless_android_remembers_one() {
        val restarted = plain.copy(bootedAt = up + 5, now = up + 180_005)
        assertNull(deathOf(restarted))
        val killed = restarted.copy(exits = listOf(Exit(up + 1, 3)))
        assertEquals(Death(Moment.at(up + 1), OutageCause.KILLED), deathOf(killed))
    }

    @Test
    fun an_update_is_told_from_a_kill() {
        assertEquals(Death(Moment.at(19_000_000), OutageCause.UPDATED), deathOf(plain.copy(lastAwake = 17_000_000, updatedAt = 19_000_000)))
        val exit = plain.copy(exits = listOf(Exit(18_990_000, 10)), updatedAt = 19_000_000)
        assertEquals(OutageCause.UPDATED, deathOf(exit)?.cause)
    }
}
