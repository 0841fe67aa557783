package io.github.hushwall.screens

import android.text.format.DateUtils
import io.github.hushwall.control.Button
import io.github.hushwall.control.Card
import io.github.hushwall.control.Facts
import io.github.hushwall.control.Shown
import io.github.hushwall.control.State
import io.github.hushwall.control.Tunnel
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff
import io.github.hushwall.control.faceOf
import io.github.hushwall.control.kindOf
import io.github.hushwall.control.stateOf
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Which cards what is known calls for. */
class CardsTest {
    private val up = Facts(wanted = Wanted.On, tunnel = Tunnel.Up(NOW), covered = 31)

    private fun shown(facts: Facts) = Shown(stateOf(facts, NOW), facts, Settings())

    private fun cards(facts: Facts, lost: Map<String, Long> = emptyMap()) = cardsOf(shown(facts), lost, NOW)

    @Test
    fun `a phone on which all is well has none`() {
        assertEquals(emptyList<Card>(), cards(up))
        assertEquals(emptyList<Card>(), cards(Facts(wanted = Wanted.Off(WhyOff.OWNER), covered = 31)))
    }

    @Test
    fun `what is cut off is said where the state does not say it, and only while it is known`() {
        assertTrue(stateOf(up.copy(lockdown = true), NOW) is State.Lockdown)
        assertEquals(emptyList<Card>(), cards(up.copy(lockdown = true)))
        assertEquals(listOf(Card.OthersCutOff(none = true)), cards(up.copy(lockdown = true, coversAll = true)))
        val paused = up.copy(lockdown = true, wanted = Wanted.Paused(NOW + 1))
        assertEquals(listOf(Card.OthersCutOff(none = false)), cards(paused))
        assertEquals(emptyList<Card>(), cards(paused.copy(tunnel = Tunnel.Down)))
    }

    @Test
    fun `that nothing would be covered is said before it is turned on, and by whose choice`() {
        val off = Facts(wanted = Wanted.Off(WhyOff.OWNER), covered = 0)
        assertEquals(listOf(Card.NothingCovered(leftOut = false)), cards(off))
        assertEquals(listOf(Card.NothingCovered(leftOut = true)), cards(off.copy(leftOut = true)))
        assertEquals("the state says it", emptyList<Card>(), cards(off.copy(wanted = Wanted.On)))
        assertEquals(emptyList<Card>(), cards(off.copy(coversAll = true)))
    }

    @Test
    fun `a list is old after three months, and that is said again after three more`() {
        val day = { age: Long -> cards(up.copy(listDay = NOW - age * DateUtils.DAY_IN_MILLIS)).map { it as Card.OldList } }
        assertEquals(emptyList<Card>(), day(89))
        assertEquals(3, day(90).single().months)
        assertEquals(day(90).single().at + DateUtils.DAY_IN_MILLIS, day(89 + 90).single().at + 90 * DateUtils.DAY_IN_MILLIS)
        assertTrue(day(180).single().at > NOW - DateUtils.DAY_IN_MILLIS)
        assertEquals(6, day(180).single().months)
    }

    @Test
    fun `a setting that was on and is off again has its name and its time`() {
        assertEquals(listOf(Card.TakenBack("Notifications", 7)), cards(up, mapOf("Notifications" to 7)))
    }

    @Test
    fun `each card has one button that mends it`() {
        val buttons = listOf(
            Card.AfterOutage(FakeDesk.OUTAGE), Card.OthersCutOff(none = false), Card.NothingCovered(leftOut = false),
            Card.TakenBack("x", 1), Card.OldList(3, 1),
        ).map { faceOf(it).button }
        assertEquals(listOf(Button.PREVENT, Button.VPN_SETTINGS, Button.CHOOSE_APPS, Button.FIX, Button.UPDATE), buttons)
    }

    @Test
    fun `what is dismissed is forgotten only when its cause is known to be gone`() {
        val (cut, nothing) = kindOf(Card.OthersCutOff(none = false)) to kindOf(Card.NothingCovered(leftOut = false))
        assertEquals(listOf(cut, nothing), goneOf(shown(up)))
        assertEquals(listOf(nothing), goneOf(shown(up.copy(lockdown = true))))
        assertEquals("nobody knows", listOf(nothing), goneOf(shown(up.copy(tunnel = Tunnel.Down))))
        assertEquals(emptyList<String>(), goneOf(shown(Facts(covered = 0))))
    }

    private companion object {
        const val NOW = 1_800_000_000_000
    }
}
