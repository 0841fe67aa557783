package io.github.hushwall.control

import io.github.hushwall.R
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Every row of the table of states, and that there is no other. */
class StateTableTest {
    private class Row(
        val name: String,
        val facts: Facts,
        val headline: Int,
        val line: Int?,
        val standing: Int?,
        val once: OnceKind?,
        val tile: Int,
        val buttons: List<Button>,
    )

    private val up = Facts(wanted = Wanted.On, tunnel = Tunnel.Up(NOW - 3_600_000), lastSeen = NOW - 120_000)

    private fun outage(cause: OutageCause, millis: Long) =
        up.copy(outage = Outage(cause, Moment.at(NOW - 60_000 - millis), NOW - 60_000))

    private fun failed(cause: Failure, line: Int) = Row(
        "not running: $cause", Facts(Wanted.On, Tunnel.Failed(NOW, cause)), R.string.state_not_running, line, null,
        OnceKind.NOT_RUNNING, R.string.tile_problem, listOf(Button.TURN_ON),
    )

    private fun off(why: WhyOff) = Facts(wanted = Wanted.Off(why))

    private val on = R.string.state_on
    private val rows = listOf(
        Row("protected", up, on, R.plurals.line_seen, on, null, on, listOf(Button.PAUSE)),
        Row("nobody seen yet", up.copy(lastSeen = null), on, R.plurals.line_covered, on, null, on, listOf(Button.PAUSE)),
        Row(
            "all apps", up.copy(coversAll = true), on, R.string.line_all_seen, on, null, on, listOf(Button.PAUSE),
        ),
        Row(
            "all apps, nobody seen yet", up.copy(coversAll = true, lastSeen = null), on, R.string.line_all_covered, on, null,
            on, listOf(Button.PAUSE),
        ),
        Row(
            "starting", up.copy(tunnel = Tunnel.Starting(NOW - STARTING_LIMIT)), R.string.state_starting, null,
            R.string.state_starting, null, R.string.state_starting, emptyList(),
        ),
        Row(
            "starting for too long", up.copy(tunnel = Tunnel.Starting(NOW - STARTING_LIMIT - 1)), R.string.state_not_running,
            R.string.line_not_running, null, OnceKind.NOT_RUNNING, R.string.tile_problem, listOf(Button.TURN_ON),
        ),
        Row(
            "not seen", up.copy(usedSince = UNSEEN_LIMIT), R.string.state_not_seen, R.string.line_not_seen,
            R.string.state_not_seen, null, R.string.tile_not_seen, listOf(Button.TEST_NOW),
        ),
        Row("no network", up.copy(online = false), on, R.string.line_no_network, on, null, on, listOf(Button.PAUSE)),
        Row(
            "paused", Facts(wanted = Wanted.Paused(NOW + 60_000)), R.string.state_paused, R.string.line_paused,
            R.string.state_paused, null, R.string.tile_paused, listOf(Button.TURN_ON_NOW),
        ),
        Row(
            "off by the owner", off(WhyOff.OWNER), R.string.state_off, R.string.line_off, null, null, R.string.state_off,
            listOf(Button.TURN_ON),
        ),
        Row(
            "was killed, on again", outage(OutageCause.KILLED, 600_000), on, R.string.outage, on, OnceKind.KILLED, on,
            listOf(Button.PREVENT),
        ),
        Row(
            "killed, can't start by itself", Facts(Wanted.On, Tunnel.Failed(NOW, Failure.FOREGROUND_REFUSED)),
            R.string.state_not_running, R.string.line_not_running, null, OnceKind.NOT_RUNNING, R.string.tile_problem,
            listOf(Button.TURN_ON),
        ),
        Row(
            "killed, nobody started it", Facts(Wanted.On, Tunnel.Down), R.string.state_not_running,
            R.string.line_not_running, null, OnceKind.NOT_RUNNING, R.string.tile_problem, listOf(Button.TURN_ON),
        ),
        Row(
            "own error, short", outage(OutageCause.OWN_ERROR, SHORT_OUTAGE - 1), on, R.string.outage_own, on, null, on,
            listOf(Button.DETAILS),
        ),
        Row(
            "own error, long", outage(OutageCause.OWN_ERROR, SHORT_OUTAGE), on, R.string.outage_own, on,
            OnceKind.OWN_ERROR, on, listOf(Button.DETAILS),
        ),
        Row(
            "revoked, another VPN seen", off(WhyOff.OTHER_VPN), R.string.state_other_vpn, R.string.one_vpn, null,
            OnceKind.OTHER_VPN, R.string.state_off, listOf(Button.TURN_ON, Button.EXPORT_LISTS),
        ),
        Row(
            "revoked, none seen", off(WhyOff.VPN_SETTINGS), R.string.state_off, R.string.line_turned_off, null,
            OnceKind.TURNED_OFF, R.string.state_off, listOf(Button.TURN_ON),
        ),
        Row(
            "consent refused", off(WhyOff.CONSENT_REFUSED), R.string.state_off, R.string.line_refused, null, null,
            R.string.state_off, listOf(Button.ASK_AGAIN),
        ),
        Row(
            "consent cancelled at once", off(WhyOff.CONSENT_AT_ONCE), R.string.state_cannot, R.string.line_at_once, null,
            null, R.string.state_off, listOf(Button.VPN_SETTINGS, Button.EXPORT_LISTS),
        ),
        Row(
            "frozen", outage(OutageCause.FROZEN, 600_000), on, R.string.line_frozen, on, OnceKind.FROZEN, on,
            listOf(Button.PREVENT),
        ),
        Row(
            "Private DNS strict", up.copy(strictDns = "dns.example"), R.string.state_in_part, R.string.line_in_part,
            R.string.state_in_part, null, R.string.tile_in_part, listOf(Button.PRIVATE_DNS_SETTINGS, Button.KEEP),
        ),
        Row(
            "strict, and questions only", up.copy(strictDns = "dns.example", questionsOnly = true),
            R.string.state_not_protecting, R.string.line_not_protecting, R.string.state_not_protecting,
            OnceKind.STRICT_DNS, R.string.tile_problem, listOf(Button.CHECK_NAMES),
        ),
        Row(
            "lockdown, scope not all", up.copy(lockdown = true), R.string.state_lockdown, R.string.line_lockdown,
            R.string.state_lockdown, OnceKind.LOCKDOWN, R.string.tile_problem,
            listOf(Button.VPN_SETTINGS, Button.COVER_ALL),
        ),
        Row(
            "lockdown, and questions only", up.copy(lockdown = true, coversAll = true, questionsOnly = true),
            R.string.state_lockdown_all, R.string.line_lockdown_all, R.string.state_lockdown_all, OnceKind.LOCKDOWN,
            R.string.tile_problem, listOf(Button.VPN_SETTINGS, Button.CHECK_NAMES),
        ),
        Row(
            "the phone had not started it, on again", outage(OutageCause.NOT_STARTED, 600_000), on,
            R.string.outage_not_started, on, OnceKind.KILLED, on, listOf(Button.PREVENT),
        ),
        failed(Failure.NO_CONSENT, R.string.line_no_consent),
        failed(Failure.NOT_PREPARED, R.string.one_vpn),
        failed(Failure.ENGINE, R.string.line_no_engine),
        failed(Failure.SYSTEM_REFUSED, R.string.line_no_vpn),
        Row(
            "nothing covered", up.copy(covered = 0, tunnel = Tunnel.Down), R.string.state_nothing, R.string.line_nothing,
            null, null, R.string.state_off, listOf(Button.CHOOSE_APPS, Button.COVER_ALL),
        ),
        Row(
            "nothing covered by choice", up.copy(covered = 0, leftOut = true, tunnel = Tunnel.Down), R.string.state_nothing,
            R.string.line_nothing_chosen, null, null, R.string.state_off, listOf(Button.CHOOSE_APPS, Button.COVER_ALL),
        ),
    )

    @Test
    fun every_row_gives_exactly_its_headline_notification_and_tile() {
        for (row in rows) {
            val face = faceOf(stateOf(row.facts, NOW))
            assertEquals(row.name, row.headline, face.headline.id)
            assertEquals(row.name, row.line, face.line?.id)
            assertEquals(row.name, row.standing, face.standing?.id)
            assertEquals(row.name, row.once, face.once?.kind)
            assertEquals(row.name, row.tile, face.tile.id)
            assertEquals(row.name, row.buttons, face.buttons)
        }
    }

    @Test
    fun no_combination_of_facts_gives_anything_but_a_row() {
        val known = rows.map { shape(faceOf(stateOf(it.facts, NOW))) }.toSet()
        var combinations = 0
        for (facts in everyCombination()) {
            combinations++
            val face = faceOf(stateOf(facts, NOW))
            assertTrue("$facts gives $face", shape(face) in known)
        }
        assertTrue(combinations > 10_000)
    }

    @Test
    fun on_is_never_said_without_a_tunnel_that_answers() {
        for (facts in everyCombination()) {
            if (faceOf(stateOf(facts, NOW)).headline.id in setOf(on, R.string.state_in_part, R.string.state_not_seen)) {
                assertTrue("$facts", facts.tunnel is Tunnel.Up && facts.wanted == Wanted.On)
            }
        }
    }

    @Test
    fun a_pause_under_always_on_says_that_the_key_stays() {
        val paused = Facts(wanted = Wanted.Paused(NOW + 1), tunnel = Tunnel.Up(NOW), alwaysOn = true)
        assertEquals(R.string.note_key_stays, faceOf(stateOf(paused, NOW)).note?.id)
        assertEquals(null, faceOf(stateOf(paused.copy(tunnel = Tunnel.Down), NOW)).note)
    }

    @Test
    fun an_outage_is_no_longer_the_headline_line_after_a_day() {
        val old = up.copy(outage = Outage(OutageCause.KILLED, Moment.at(NOW - OUTAGE_SHOWN - 9), NOW - OUTAGE_SHOWN))
        assertEquals(State.Protected(1, up.lastSeen), stateOf(old, NOW))
    }

    @Test
    fun a_lockdown_with_all_apps_covered_cuts_nobody_off() {
        assertEquals(State.Protected(null, up.lastSeen), stateOf(up.copy(lockdown = true, coversAll = true), NOW))
    }

    @Test
    fun an_update_that_was_asked_for_is_in_the_record_and_nowhere_else() {
        assertEquals(State.Protected(1, up.lastSeen), stateOf(outage(OutageCause.UPDATED, 5_000), NOW))
    }

    @Test
    fun one_card_at_most_and_the_gravest() {
        val old = Card.OldList(4, at = 5)
        val lost = Card.AfterOutage(Outage(OutageCause.KILLED, Moment.at(1), 2))
        val back = Card.TakenBack("No restrictions", at = 3)
        assertEquals(lost, topCard(listOf(old, back, lost), emptyMap()))
        assertEquals(back, topCard(listOf(old, back, lost), mapOf("outage" to 2L)))
        assertEquals(null, topCard(listOf(back), mapOf("taken-back" to 3L)))
        assertEquals(back, topCard(listOf(back), mapOf("taken-back" to 2L)))
    }

    private fun shape(face: Face) = listOf(
        face.headline.id, face.line?.id, face.standing?.id, face.once?.kind, face.tile.id, face.tileLook, face.buttons,
    )

    private fun everyCombination(): Sequence<Facts> = sequence {
        val wants = WhyOff.values().map { Wanted.Off(it) } + Wanted.On + Wanted.Paused(NOW + 5)
        val tunnels = Failure.values().map { Tunnel.Failed(NOW, it) } +
            listOf(Tunnel.Down, Tunnel.Up(NOW - 9), Tunnel.Starting(NOW), Tunnel.Starting(NOW - 9_000))
        val outages = OutageCause.values().flatMap { cause ->
            listOf(1L, SHORT_OUTAGE, 2 * OUTAGE_SHOWN).map { Outage(cause, Moment.at(NOW - 2 * it), NOW - it) }
        } + listOf(null)
        val flags = listOf(false, true)
        for (wanted in wants) for (tunnel in tunnels) for (outage in outages) for (bits in 0 until 128) {
            val bit = { n: Int -> flags[bits shr n and 1] }
            yield(
                Facts(
                    wanted = wanted,
                    tunnel = tunnel,
                    covered = if (bit(0)) 0 else 7,
                    coversAll = bit(1),
                    questionsOnly = bit(2),
                    lastSeen = NOW - 1,
                    usedSince = if (bit(4)) UNSEEN_LIMIT else 0,
                    online = bit(5),
                    strictDns = if (bit(6)) "dns.example" else null,
                    lockdown = bit(3),
                    outage = outage,
                ),
            )
        }
    }

    private companion object {
        const val NOW = 1_800_000_000_000
    }
}
