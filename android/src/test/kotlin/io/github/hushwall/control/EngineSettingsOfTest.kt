package io.github.hushwall.control

import io.github.hushwall.bridge.Action
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.Log
import io.github.hushwall.bridge.OwnRule
import io.github.hushwall.bridge.QuicUnread
import io.github.hushwall.settings.OwnerRule
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Test

/** From what the owner chose to what the engine is told. */
class EngineSettingsOfTest {
    private val settings = Settings(
        rules = listOf(
            OwnerRule("all.example", Action.ALLOW),
            OwnerRule("one.example", Action.BLOCK, app = "v.ads"),
            OwnerRule("gone.example", Action.BLOCK, app = "gone"),
            OwnerRule("over.example", Action.ALLOW, until = 999),
            OwnerRule("soon.example", Action.ALLOW, until = 1_001),
        ),
    )

    private fun told(level: Boolean, settings: Settings = this.settings) =
        engineSettingsOf(settings, Capabilities(level, level, { null }), mapOf("v.ads" to 10_100), now = 1_000)

    @Test
    fun a_rule_for_an_app_is_its_uids_and_one_that_is_over_or_for_nobody_is_none() {
        val rules = listOf(
            OwnRule("all.example", Action.ALLOW, false, null),
            OwnRule("one.example", Action.BLOCK, false, 10_100),
            OwnRule("soon.example", Action.ALLOW, false, null),
        )
        assertEquals(rules, told(level = true).rules)
    }

    @Test
    fun where_nobody_knows_owners_a_rule_is_for_all_covered_apps() {
        val rules = told(level = false).rules
        assertEquals(listOf("all.example", "one.example", "soon.example"), rules.map { it.name })
        assertEquals(setOf<Int?>(null), rules.map { it.uid }.toSet())
    }

    @Test
    fun questions_go_through_the_system_where_it_can_be_asked_and_no_log_tells_nothing() {
        assertEquals(true, told(level = true).asksSystem)
        assertEquals(false, told(level = false).asksSystem)
        assertEquals(Log.OFF, told(level = true, settings.copy(logDays = 0)).log)
    }

    @Test
    fun in_a_pause_no_switch_that_is_off_and_no_unread_quic_is_refused_either() {
        val refusing = told(level = true, settings.copy(featuresOff = setOf("encrypted-dns")))
            .copy(quicUnread = QuicUnread.FALL_BACK, ech = Ech.KEEP)
        val paused = lettingAllThrough(refusing)
        val nothing = emptyList<Any>()
        assertEquals(listOf(nothing, nothing, nothing), listOf(paused.rules, paused.lists, paused.featuresOff.toList()))
        assertEquals(QuicUnread.FORWARD to Ech.KEEP, paused.quicUnread to paused.ech)
    }
}
