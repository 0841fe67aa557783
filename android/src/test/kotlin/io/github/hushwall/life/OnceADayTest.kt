package io.github.hushwall.life

import io.github.hushwall.control.OnceKind
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** Messages: once an event, at most once a day a kind. */
class OnceADayTest {
    private val once = OnceADay()
    private val day = 86_400_000L

    @Test
    fun an_event_is_told_once_however_much_later_it_is_seen_again() {
        assertTrue(once.tells(OnceKind.KILLED, "1", 0))
        assertFalse(once.tells(OnceKind.KILLED, "1", 1))
        assertFalse(once.tells(OnceKind.KILLED, "1", 10 * day))
    }

    @Test
    fun a_second_event_of_a_kind_waits_for_the_next_day_and_another_kind_does_not() {
        assertTrue(once.tells(OnceKind.KILLED, "1", 0))
        assertFalse(once.tells(OnceKind.KILLED, "2", day - 1))
        assertTrue(once.tells(OnceKind.FROZEN, "2", day - 1))
        assertTrue(once.tells(OnceKind.KILLED, "3", day))
    }
}
