package io.github.hushwall.control

import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.PrivateDns
import io.github.hushwall.bridge.QuicUnread
import io.github.hushwall.settings.OwnerRule
import io.github.hushwall.settings.ScopeKind
import io.github.hushwall.settings.Settings
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** The controller with a fake engine: what is wanted and what is. */
class ControllerTest {
    private val stage = Stage()
    private val time = stage.time
    private val controller = stage.controller

    private fun done(command: Controller.() -> Unit) {
        controller.command()
        time.settle()
    }

    @Test
    fun nothing_is_started_before_it_is_wanted() {
        stage.begin()
        assertEquals(State.Off, stage.state)
        assertEquals(0, stage.phone.summons)
    }

    @Test
    fun a_tap_starts_the_service_and_on_is_said_only_once_the_engine_answers() {
        stage.begin()
        done { turnOn(StartCause.TAP) }
        assertEquals(State.Starting, stage.state)
        assertEquals(1, stage.phone.summons)
        stage.attach(StartCause.TAP)
        assertEquals(State.Protected(2, null), stage.state)
        assertEquals("a tap asked for the slot itself", 0, stage.door.asked)
        assertEquals(setOf(101), stage.engine.descriptors)
    }

    @Test
    fun starting_and_stopping_twice_is_starting_and_stopping_once() {
        stage.on()
        done { turnOn(StartCause.TAP) }
        done { turnOn(StartCause.TILE) }
        stage.attach(StartCause.STICKY)
        assertEquals(1, stage.engine.sessions.size)
        assertEquals(1, stage.door.plans.size)
        done { turnOff() }
        done { turnOff() }
        assertEquals(State.Off, stage.state)
        assertTrue(stage.engine.descriptors.isEmpty() && stage.door.left)
    }

    @Test
    fun a_service_that_does_not_come_is_not_running_after_five_seconds() {
        stage.begin()
        done { turnOn(StartCause.TAP) }
        time.pass(STARTING_LIMIT + 1)
        assertTrue(stage.state is State.NotRunning)
        assertEquals(Failure.FOREGROUND_REFUSED, (stage.facts.tunnel as Tunnel.Failed).cause)
        done { turnOn(StartCause.TAP) }
        assertEquals("and is asked for again", 2, stage.phone.summons)
    }

    @Test
    fun a_service_that_does_not_come_is_asked_for_again_at_each_unlock_and_the_time_without_is_an_outage() {
        val began = time.now()
        stage.begin()
        done { turnOn(StartCause.TAP) }
        time.pass(STARTING_LIMIT + 1)
        time.pass(600_000)
        done { refresh(unlocked = true) }
        assertEquals(2, stage.phone.summons)
        stage.attach(null)
        val outage = stage.keep.outages.single()
        assertEquals(OutageCause.NOT_STARTED, outage.cause)
        assertEquals(began + STARTING_LIMIT + 1, outage.from.earliest)
        assertEquals(time.now(), outage.to)
    }

    @Test
    fun a_service_that_comes_late_is_welcome() {
        stage.begin()
        done { turnOn(StartCause.TAP) }
        time.pass(STARTING_LIMIT + 3_000)
        stage.attach(null)
        assertTrue(stage.facts.tunnel is Tunnel.Up)
    }

    @Test
    fun a_service_that_android_ends_is_asked_for_again_at_once_and_then_more_slowly_and_not_for_ever() {
        stage.on()
        for (delay in listOf(0L, 1_000L, 10_000L, 60_000L)) {
            val before = stage.phone.summons
            done { detach(stage.door) }
            assertTrue(stage.engine.descriptors.isEmpty())
            time.pass(delay)
            assertEquals("after $delay ms", before + 1, stage.phone.summons)
            stage.door = FakeDoor()
            stage.attach(null)
            assertTrue(stage.facts.tunnel is Tunnel.Up)
        }
        done { detach(stage.door) }
        assertEquals(Failure.SYSTEM_REFUSED, (stage.facts.tunnel as Tunnel.Failed).cause)
        assertEquals(4, stage.keep.outages.count { it.cause == OutageCause.KILLED })
    }

    @Test
    fun a_tunnel_that_android_no_longer_has_is_not_on_and_a_new_one_is_made() {
        stage.on()
        done { tunnelSeen(up = true) }
        val lost = time.now()
        done { tunnelSeen(up = false) }
        time.pass(3_000)
        assertEquals("a second tunnel", 2, stage.door.plans.size)
        assertEquals(Outage(OutageCause.KILLED, Moment.at(lost), time.now()), stage.keep.outages.single())
        done { tunnelSeen(up = false) }
        time.pass(1_000)
        done { tunnelSeen(up = true) }
        time.pass(60_000)
        assertEquals("the old one goes as the new one comes", 2, stage.door.plans.size)
    }

    @Test
    fun a_tunnel_that_goes_because_it_was_revoked_or_turned_off_is_no_outage() {
        for (end in listOf<Controller.() -> Unit>({ revoked() }, { turnOff() })) {
            val stage = Stage()
            stage.on()
            stage.controller.tunnelSeen(up = false)
            stage.time.pass(1_000)
            stage.controller.end()
            stage.time.pass(60_000)
            assertTrue(stage.keep.outages.isEmpty())
            assertEquals(1, stage.door.plans.size)
        }
    }

    @Test
    fun an_engine_that_does_not_answer_the_owners_look_is_begun_anew() {
        stage.on()
        val silent = stage.engine.sessions.single()
        silent.fails += listOf(EngineException.BUSY)
        done { refresh(unlocked = false) }
        assertEquals("a busy one is asked once more", listOf(silent), stage.engine.sessions)
        silent.fails += listOf(EngineException.BUSY, EngineException.BUSY)
        done { refresh(unlocked = false) }
        assertTrue(silent.stopped)
        assertEquals(2, stage.engine.sessions.size)
        assertEquals(OutageCause.OWN_ERROR, stage.keep.outages.single().cause)
    }

    @Test
    fun an_engine_that_cannot_be_loaded_is_found_out_before_there_is_a_tunnel() {
        stage.engine.missing = true
        stage.on()
        assertTrue(stage.door.plans.isEmpty())
        assertEquals(Failure.ENGINE, (stage.facts.tunnel as Tunnel.Failed).cause)
    }

    @Test
    fun a_network_that_is_told_again_does_not_wake_the_engine() {
        stage.on()
        val session = stage.engine.sessions.single()
        val network = Network(9, ipv4 = true, ipv6 = false)
        repeat(50) { done { networkChanged(network, online = true) } }
        assertEquals(1, session.networks)
        session.fails += EngineException.BUSY
        done { networkChanged(network.copy(metered = true), online = true) }
        done { networkChanged(network.copy(metered = true), online = true) }
        assertEquals("what it did not hear is told again", 2, session.networks)
    }

    @Test
    fun every_way_in_which_a_start_fails_is_told_and_nothing_is_tried_in_a_loop() {
        for (failure in Failure.values()) {
            val stage = Stage()
            if (failure == Failure.ENGINE) stage.engine.refuses = true else stage.door.refuses = failure
            stage.on()
            assertTrue("$failure", stage.state is State.NotRunning)
            assertEquals(failure, (stage.facts.tunnel as Tunnel.Failed).cause)
            assertTrue("the service ends", stage.door.left)
            assertTrue("no descriptor stays", stage.engine.descriptors.isEmpty())
            val before = stage.phone.summons
            stage.time.pass(3_600_000)
            assertEquals("nothing is tried by itself", before, stage.phone.summons)
            assertEquals(Wanted.On, stage.facts.wanted)
        }
    }

    @Test
    fun a_service_that_android_refuses_is_told_at_once() {
        stage.phone.refuses = Failure.NO_CONSENT
        stage.begin()
        done { turnOn(StartCause.TILE) }
        assertEquals(Failure.NO_CONSENT, (stage.facts.tunnel as Tunnel.Failed).cause)
        assertTrue(stage.state is State.NotRunning)
    }

    @Test
    fun a_start_without_a_tap_asks_for_the_slot_once_and_respects_another_vpn() {
        val stage = Stage(FakeKeep(Stance(Wanted.On)))
        stage.door.slot = Failure.NOT_PREPARED
        stage.begin()
        stage.attach(StartCause.BOOT)
        assertEquals(1, stage.door.asked)
        assertEquals(Failure.NOT_PREPARED, (stage.facts.tunnel as Tunnel.Failed).cause)
        assertTrue(stage.engine.sessions.isEmpty())
    }

    @Test
    fun an_empty_scope_is_never_established() {
        stage.phone.packages = emptyMap()
        stage.on()
        assertEquals(State.NothingToCover(), stage.state)
        assertTrue(stage.door.plans.isEmpty() && stage.door.left)
        stage.phone.packages = mapOf("v.new" to 10_107)
        stage.door = FakeDoor()
        done { packagesChanged() }
        stage.attach(StartCause.AGAIN)
        assertEquals(State.Protected(1, null), stage.state)
    }

    @Test
    fun a_vendor_app_that_comes_later_gets_a_new_tunnel_and_others_do_not() {
        stage.on()
        stage.phone.packages += "other" to 10_200
        done { packagesChanged() }
        assertEquals(1, stage.door.plans.size)
        stage.phone.packages += "v.new" to 10_107
        done { packagesChanged() }
        assertEquals(2, stage.door.plans.size)
        assertEquals("one session, two tunnels", 2, stage.engine.sessions.single().tunnels)
        assertEquals(setOf(102), stage.engine.descriptors)
        assertEquals(State.Protected(3, null), stage.state)
    }

    @Test
    fun an_app_that_goes_and_comes_back_may_have_another_uid_and_gets_a_new_tunnel() {
        stage.on()
        stage.phone.packages -= "v.ads"
        done { packagesChanged() }
        assertEquals(1, stage.door.plans.size)
        stage.phone.packages += "v.ads" to 10_300
        done { packagesChanged() }
        assertEquals(2, stage.door.plans.size)
    }

    @Test
    fun another_preset_needs_neither_tunnel_nor_session() {
        stage.on()
        done { change { it.copy(preset = Preset.EVERYTHING) } }
        assertEquals(Preset.EVERYTHING, stage.engine.sessions.single().settings.preset)
        assertEquals(1, stage.door.plans.size)
        assertEquals(Preset.EVERYTHING, stage.keep.settings().preset)
    }

    @Test
    fun another_depth_needs_a_session_of_its_own_and_the_old_one_ends() {
        stage.on()
        done { change { it.copy(depth = Depth.DNS) } }
        assertEquals(2, stage.engine.sessions.size)
        assertTrue(stage.engine.sessions[0].stopped)
        assertEquals(setOf(102), stage.engine.descriptors)
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun all_apps_are_not_counted() {
        stage.on()
        done { change { it.copy(scope = it.scope.copy(kind = ScopeKind.ALL)) } }
        assertEquals(State.Protected(null, null), stage.state)
    }

    @Test
    fun an_allowed_name_that_apps_remember_longer_gets_a_new_tunnel() {
        stage.on()
        val rule = OwnerRule("tracking.example", io.github.hushwall.bridge.Action.ALLOW, app = "v.ads")
        done { change(anew = true) { it.copy(rules = it.rules + rule) } }
        assertEquals(2, stage.engine.sessions.single().tunnels)
        assertEquals(10_100, stage.engine.sessions.single().settings.rules.single().uid)
    }

    private fun allowed(name: String, left: Long, at: Long = time.now()) =
        Event.Outstanding(at, name, left)

    @Test
    fun whatever_allows_a_name_that_apps_still_hold_for_refused_they_get_a_new_tunnel_and_it_is_said() {
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.BLOCK)
        stage.on()
        done { change { it.copy(rules = listOf(rule), featuresOff = setOf("push")) } }
        val session = stage.engine.sessions.single()
        val edits = listOf<(Settings) -> Settings>(
            { it.copy(preset = Preset.NOTHING_BREAKS) }, { it.copy(featuresOff = emptySet()) }, { it.copy(rules = emptyList()) },
        )
        edits.forEachIndexed { place, edit ->
            time.pass(60_000)
            done { change(edit = edit) }
            assertEquals("the rules alone", place + 1, session.tunnels)
            done { told(session, allowed("a.example", 900_000)) }
            assertEquals(place + 2, session.tunnels)
            assertEquals(time.now(), stage.facts.reconnected)
        }
        assertEquals("one descriptor is left", 1, stage.engine.descriptors.size)
    }

    @Test
    fun names_that_were_allowed_together_are_forgotten_by_one_tunnel() {
        stage.on()
        val session = stage.engine.sessions.single()
        time.pass(1_000)
        val at = time.now()
        done { change { it.copy(preset = Preset.NONE) } }
        done { told(session, allowed("a.example", 900_000, at)) }
        done { told(session, allowed("b.example", 900_000, at)) }
        assertEquals(2, session.tunnels)
    }

    @Test
    fun a_refusal_that_is_forgotten_within_seconds_needs_no_tunnel() {
        stage.on()
        val session = stage.engine.sessions.single()
        done { told(session, allowed("a.example", 9_000)) }
        assertEquals(1, session.tunnels)
        assertNull(stage.facts.reconnected)
    }

    @Test
    fun an_allow_that_brought_a_new_tunnel_brings_no_second_one() {
        stage.on()
        val session = stage.engine.sessions.single()
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW)
        done { change(anew = true) { it.copy(rules = listOf(rule)) } }
        assertEquals("what is asked anew is judged by the new rules", listOf("settings", "descriptor"), session.calls)
        done { told(session, allowed("a.example", 900_000)) }
        assertEquals(2, session.tunnels)
    }

    @Test
    fun what_the_owner_left_out_is_told_from_a_phone_without_such_apps() {
        stage.on()
        done { change { it.copy(scope = it.scope.copy(kind = ScopeKind.CHOSEN)) } }
        assertEquals(State.NothingToCover(leftOut = true), stage.state)
        done { change { it.copy(scope = it.scope.copy(kind = ScopeKind.VENDOR, vendorOut = setOf("v.ads", "v.stats"))) } }
        assertEquals(State.NothingToCover(leftOut = true), stage.state)
        stage.phone.packages = emptyMap()
        done { packagesChanged() }
        assertEquals(State.NothingToCover(leftOut = false), stage.state)
    }

    @Test
    fun the_day_of_the_list_in_force_is_known_while_it_is_on_and_after() {
        stage.on()
        assertNull(stage.facts.listDay)
        stage.engine.sessions.single().listVersion = 2026_11_21_01
        done { change { it.copy(preset = Preset.EVERYTHING) } }
        assertEquals(dayOf(2026_11_21_01), stage.facts.listDay)
        done { turnOff() }
        assertEquals(dayOf(2026_11_21_01), stage.facts.listDay)
    }

    @Test
    fun choices_of_hidden_names_need_no_tunnel() {
        stage.on()
        done { change { it.copy(quicUnread = QuicUnread.FALL_BACK, ech = Ech.KEEP) } }
        val session = stage.engine.sessions.single()
        assertEquals(QuicUnread.FALL_BACK to Ech.KEEP, session.settings.quicUnread to session.settings.ech)
        assertEquals(1, session.tunnels)
    }

    @Test
    fun a_rule_for_an_app_that_is_gone_is_no_rule_for_all() {
        stage.on()
        done { change { it.copy(rules = listOf(OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW, app = "gone"))) } }
        assertTrue(stage.engine.sessions.single().settings.rules.isEmpty())
    }

    @Test
    fun a_rule_with_an_end_ends() {
        stage.on()
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW, until = time.now() + 600_000)
        done { change { it.copy(rules = listOf(rule)) } }
        assertEquals(1, stage.engine.sessions.single().settings.rules.size)
        time.pass(599_999)
        assertEquals(1, stage.engine.sessions.single().settings.rules.size)
        time.pass(2)
        assertTrue(stage.engine.sessions.single().settings.rules.isEmpty())
    }

    @Test
    fun a_rule_with_an_end_ends_though_the_phone_sleeps() {
        stage.on()
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW, until = time.now() + 600_000)
        done { change { it.copy(rules = listOf(rule)) } }
        assertEquals("an alarm is set", rule.until, stage.phone.alarm)
        time.sleep(3_600_000)
        time.settle()
        assertEquals("the queue slept, too", 1, stage.engine.sessions.single().settings.rules.size)
        done { wake(StartCause.AGAIN) }
        assertTrue(stage.engine.sessions.single().settings.rules.isEmpty())
        assertNull(stage.phone.alarm)
    }

    @Test
    fun what_an_alarm_left_undone_is_done_when_the_owner_unlocks_the_phone() {
        stage.on()
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW, until = time.now() + 600_000)
        done { change { it.copy(rules = listOf(rule)) } }
        time.sleep(3_600_000)
        done { refresh(unlocked = true) }
        assertTrue(stage.engine.sessions.single().settings.rules.isEmpty())
        done { pause() }
        time.sleep(3_600_000)
        done { refresh(unlocked = true) }
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun a_pause_ends_before_a_rule_that_ends_later_and_neither_alarm_is_lost() {
        stage.on()
        val rule = OwnerRule("a.example", io.github.hushwall.bridge.Action.ALLOW, until = time.now() + 7_200_000)
        done { change { it.copy(rules = listOf(rule)) } }
        done { pause() }
        assertEquals(time.now() + 900_000, stage.phone.alarm)
        time.sleep(1_000_000)
        done { wake(StartCause.AGAIN) }
        assertEquals(State.Protected(2, null), stage.state)
        assertEquals(rule.until, stage.phone.alarm)
    }

    @Test
    fun a_pause_takes_the_tunnel_down_and_ends_by_itself() {
        stage.on()
        done { pause() }
        assertEquals(State.Paused(time.now() + 900_000, keyStays = false), stage.state)
        assertTrue(stage.engine.descriptors.isEmpty())
        assertFalse("the service stays, so that the pause can end", stage.door.left)
        assertEquals(time.now() + 900_000, stage.phone.alarm)
        time.pass(900_000)
        assertEquals(State.Protected(2, null), stage.state)
        assertNull(stage.phone.alarm)
        assertTrue("a pause is no outage", stage.keep.outages.isEmpty())
    }

    @Test
    fun a_pause_under_always_on_keeps_the_tunnel_and_lets_all_through() {
        stage.door.always = true
        stage.on()
        done { change { it.copy(rules = listOf(OwnerRule("a.example", io.github.hushwall.bridge.Action.BLOCK))) } }
        done { pause() }
        assertTrue((stage.state as State.Paused).keyStays)
        val session = stage.engine.sessions.single()
        assertEquals(Preset.NONE, session.settings.preset)
        assertTrue(session.settings.rules.isEmpty() && session.settings.lists.isEmpty())
        done { turnOn(StartCause.TILE) }
        assertEquals(Preset.BALANCED, session.settings.preset)
        assertEquals(1, session.settings.rules.size)
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun a_pause_that_ended_while_the_process_was_dead_is_over() {
        val stage = Stage(FakeKeep(Stance(Wanted.Paused(FakeTime().now() - 5))))
        stage.begin()
        assertEquals(1, stage.phone.summons)
        stage.attach(StartCause.STICKY)
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun a_revocation_with_another_vpn_says_so() {
        stage.on()
        stage.phone.other = true
        done { revoked() }
        assertEquals(State.OtherVpn, stage.state)
        assertTrue(stage.engine.descriptors.isEmpty() && stage.door.left)
    }

    @Test
    fun another_vpn_may_be_seen_up_to_two_seconds_later_and_nothing_is_announced_before() {
        stage.on()
        done { revoked() }
        assertEquals(State.TurnedOff, stage.state)
        assertFalse(checkNotNull(controller.shown).settled)
        assertEquals("it is known that it is off, whatever comes", Wanted.Off(WhyOff.VPN_SETTINGS), stage.keep.stance().wanted)
        time.pass(1_500)
        stage.phone.other = true
        done { otherVpnSeen() }
        assertEquals(State.OtherVpn, stage.state)
        assertTrue(checkNotNull(controller.shown).settled)
    }

    @Test
    fun a_revocation_without_another_vpn_was_the_owner_in_the_settings() {
        stage.on()
        done { revoked() }
        time.pass(2_000)
        assertEquals(State.TurnedOff, stage.state)
        time.pass(3_600_000)
        assertEquals("we do not take it back", 1, stage.phone.summons)
        done { revoked() }
        assertEquals(State.TurnedOff, stage.state)
    }

    @Test
    fun consent_that_is_refused_is_told_from_one_that_nobody_could_read() {
        stage.begin()
        done { consentAnswered(granted = false, millis = 3_000) }
        assertEquals(State.ConsentRefused, stage.state)
        done { consentAnswered(granted = false, millis = 499) }
        assertEquals(State.ConsentAtOnce, stage.state)
        done { consentAnswered(granted = true, millis = 3_000) }
        assertEquals(State.Starting, stage.state)
    }

    @Test
    fun the_system_starts_what_its_owner_made_always_on() {
        stage.begin()
        stage.door.always = true
        stage.attach(StartCause.SYSTEM)
        assertEquals(State.Protected(2, null), stage.state)
        assertTrue(stage.facts.alwaysOn)
    }

    @Test
    fun a_service_that_android_brings_back_though_nobody_wants_it_ends() {
        stage.begin()
        stage.attach(StartCause.STICKY)
        assertTrue(stage.door.left)
        assertEquals(State.Off, stage.state)
    }

    @Test
    fun lockdown_is_read_after_the_tunnel_is_up_and_again_when_the_owner_looks() {
        stage.door.locked = true
        stage.on()
        assertEquals(State.Lockdown(), stage.state)
        stage.door.locked = false
        done { refresh(unlocked = false) }
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun private_dns_off_automatic_and_strict() {
        stage.on()
        val network = { mode: PrivateDns, host: String? -> Network(7, true, true, privateDns = mode, privateDnsHost = host) }
        done { networkChanged(network(PrivateDns.OFF, null), online = true) }
        assertEquals(State.Protected(2, null), stage.state)
        done { networkChanged(network(PrivateDns.AUTOMATIC, null), online = true) }
        assertEquals(State.Protected(2, null), stage.state)
        done { networkChanged(network(PrivateDns.STRICT, "dns.example"), online = true) }
        assertEquals(State.InPart("dns.example"), stage.state)
        assertEquals(PrivateDns.STRICT, stage.engine.sessions.single().network.privateDns)
        done { change { it.copy(depth = Depth.DNS) } }
        assertEquals(State.NotProtecting("dns.example"), stage.state)
    }

    @Test
    fun a_network_that_goes_and_comes_is_told_to_the_engine_without_a_new_tunnel() {
        stage.on()
        done { networkChanged(Network(ipv4 = false, ipv6 = false), online = false) }
        assertEquals(State.NoNetwork, stage.state)
        val next = Network(9, ipv4 = true, ipv6 = false, metered = true)
        done { networkChanged(next, online = true) }
        assertEquals(next, stage.engine.sessions.single().network)
        assertEquals(1, stage.door.plans.size)
    }

    @Test
    fun no_covered_app_in_a_day_of_use_is_said_and_a_phone_in_a_drawer_is_not() {
        stage.on()
        time.pass(2 * UNSEEN_LIMIT)
        done { refresh(unlocked = true) }
        assertEquals("two days in a drawer", State.Protected(2, null), stage.state)
        repeat(22) {
            time.pass(USE_PER_UNLOCK)
            done { refresh(unlocked = true) }
        }
        assertEquals(State.Protected(2, null), stage.state)
        time.pass(USE_PER_UNLOCK)
        done { refresh(unlocked = true) }
        assertTrue(stage.state is State.NotSeen)
        stage.engine.sessions.single().lastSeen = time.now()
        done { refresh(unlocked = false) }
        assertEquals(State.Protected(2, time.now()), stage.state)
    }

    @Test
    fun a_random_life_never_leaks_a_descriptor_and_never_says_on_without_one() {
        val random = Random(11)
        repeat(60) {
            val stage = Stage(FakeKeep(Stance(listOf(Wanted.On, Wanted.Off(WhyOff.OWNER)).random(random))))
            stage.begin()
            repeat(80) { step(stage, random) }
            stage.controller.turnOff()
            stage.time.pass(5_000)
            assertTrue(stage.engine.descriptors.isEmpty())
            assertTrue(stage.engine.sessions.all { it.stopped })
            assertEquals(State.Off, stage.state)
        }
    }

    private fun step(stage: Stage, random: Random) {
        val controller = stage.controller
        val door = stage.door
        when (random.nextInt(14)) {
            0 -> controller.turnOn(StartCause.values().random(random))
            1 -> controller.turnOff()
            2 -> controller.pause()
            3 -> controller.revoked()
            4 -> stage.phone.other = random.nextBoolean()
            5 -> door.refuses = Failure.values().toList().plus(null).random(random)
            6 -> stage.engine.refuses = random.nextInt(4) == 0
            7 -> stage.phone.packages = listOf(mapOf("v.ads" to 1), emptyMap(), mapOf("v.new" to 2)).random(random)
            8 -> controller.packagesChanged()
            9 -> controller.change(random.nextBoolean()) { it.copy(depth = Depth.values().random(random)) }
            10 -> stage.engine.running?.let { controller.told(it, Event.Ended(EngineException.PANIC, "")) }
            11 -> controller.detach(door)
            12 -> door.always = random.nextBoolean()
            13 -> controller.refresh(random.nextBoolean())
        }
        if (door.left) stage.door = FakeDoor()
        if (random.nextInt(3) == 0) controller.attach(stage.door, StartCause.values().random(random))
        stage.time.pass(random.nextLong(4_000))
        assertTrue("one tunnel at most", stage.engine.sessions.count { !it.stopped } <= 1)
        assertEquals(if (stage.engine.running == null) 0 else 1, stage.engine.descriptors.size)
        val tunnel = stage.facts.tunnel
        if (tunnel is Tunnel.Up) assertTrue("$tunnel without a session", stage.engine.running != null)
        if (stage.state is State.Protected) assertTrue(tunnel is Tunnel.Up)
    }
}
