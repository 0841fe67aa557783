package io.github.hushwall.life

import io.github.hushwall.control.OnceKind
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** Messages: once an event, at most once a day a kind. */
class OnceADayTest {
    private var kept: String? = null
    private val once = OnceADay({ kept }, { kept = it })
    private val day = 86_400_000L

    @Test
    fun an_event_is_told_once_however_much_later_it_is_seen_again() {
        assertTrue(once.tells(OnceKind.KILLED, "1", 0))
        assertFalse(once.tells(OnceKind.KILLED, "1", 1))
        assertFalse(once.tells(OnceKind.KILLED, "1", 10 * day))
    }

    @Test
    fun a_process_that_is_killed_ten_times_a_day_is_told_once() {
        for (life in 0 until 10) {
            assertEquals(life == 0, OnceADay({ kept }, { kept = it }).tells(OnceKind.KILLED, "$life", life * 3_600_000L))
        }
        assertTrue(OnceADay({ kept }, { kept = it }).tells(OnceKind.KILLED, "a b", day))
        assertFalse(OnceADay({ kept }, { kept = it }).tells(OnceKind.KILLED, "a b", 3 * day))
    }

    @Test
    fun a_damaged_memory_tells_rather_than_not() {
        for (text in listOf("KILLED", "KILLED x y", "GONE 1 2", "\n")) assertTrue(OnceADay({ text }, { }).tells(OnceKind.KILLED, "1", 5))
    }

    @Test
    fun a_second_event_of_a_kind_waits_for_the_next_day_and_another_kind_does_not() {
        assertTrue(once.tells(OnceKind.KILLED, "1", 0))
        assertFalse(once.tells(OnceKind.KILLED, "2", day - 1))
        assertTrue(once.tells(OnceKind.FROZEN, "2", day - 1))
        assertTrue(once.tells(OnceKind.KILLED, "3", day))
    }
}
