package io.github.hushwall.control

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** Time in which protection was wanted and absent: none is lost, none is invented. */
class OutageTest {
    private val start = FakeTime().now()

    @Test
    fun a_killed_process_that_comes_back_says_from_when_to_when() {
        val stage = Stage(FakeKeep(Stance(Wanted.On, upSince = start - 7_200_000)))
        stage.phone.death = Death(Moment.at(start - 3_600_000), OutageCause.KILLED)
        stage.begin()
        stage.attach(StartCause.STICKY)
        val outage = Outage(OutageCause.KILLED, Moment.at(start - 3_600_000), start)
        assertEquals(State.KilledAndBack(outage), stage.state)
        assertEquals(listOf(outage), stage.keep.outages)
        stage.controller.outageSeen()
        stage.time.settle()
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun an_uncertain_time_of_death_stays_a_range() {
        val stage = Stage(FakeKeep(Stance(Wanted.On, upSince = start - 7_200_000)))
        val moment = Moment(start - 3_000_000, start - 1_000_000)
        stage.phone.death = Death(moment, OutageCause.KILLED)
        stage.begin()
        stage.attach(StartCause.STICKY)
        assertEquals(moment, stage.keep.outages.single().from)
        assertEquals(1_000_000, stage.keep.outages.single().atLeast)
    }

    @Test
    fun a_killed_process_that_cannot_come_back_is_not_running_since_its_death() {
        val stage = Stage(FakeKeep(Stance(Wanted.On, upSince = start - 7_200_000)))
        stage.phone.death = Death(Moment.at(start - 3_600_000), OutageCause.KILLED)
        stage.phone.refuses = Failure.FOREGROUND_REFUSED
        stage.begin()
        assertEquals(State.NotRunning(start - 3_600_000, Failure.FOREGROUND_REFUSED), stage.state)
        stage.phone.refuses = null
        stage.time.pass(60_000)
        stage.controller.turnOn(StartCause.TAP)
        stage.time.settle()
        stage.attach(StartCause.TAP)
        assertEquals(Outage(OutageCause.KILLED, Moment.at(start - 3_600_000), start + 60_000), stage.keep.outages.single())
    }

    @Test
    fun a_process_that_ended_while_nothing_was_wanted_is_no_outage() {
        for (wanted in listOf(Wanted.Off(WhyOff.OWNER), Wanted.Paused(start + 60_000))) {
            val stage = Stage(FakeKeep(Stance(wanted, upSince = start - 5)))
            stage.phone.death = Death(Moment.at(start - 1), OutageCause.KILLED)
            stage.on()
            assertEquals(emptyList<Outage>(), stage.keep.outages)
        }
    }

    @Test
    fun a_phone_that_was_switched_off_is_no_outage() {
        val stage = Stage(FakeKeep(Stance(Wanted.On, upSince = start - 7_200_000)))
        stage.phone.death = null
        stage.begin()
        stage.attach(StartCause.BOOT)
        assertEquals(State.Protected(2, null), stage.state)
        assertTrue(stage.keep.outages.isEmpty())
    }

    @Test
    fun a_frozen_process_and_an_engine_that_was_built_anew_are_told_apart() {
        val stage = Stage()
        stage.on()
        val session = stage.engine.sessions.single()
        stage.controller.told(session, Event.Outage(start, 120_000, 30_000, Event.Outage.Cause.FROZEN, ""))
        stage.time.settle()
        val frozen = Outage(OutageCause.FROZEN, Moment(start, start + 90_000), start + 120_000)
        assertEquals("it began before what was repeated", State.Frozen(frozen), stage.state)
        stage.controller.told(session, Event.Outage(start, 40, 40, Event.Outage.Cause.REBUILT, "a panic's text"))
        stage.time.settle()
        assertEquals(State.OwnError(Outage(OutageCause.OWN_ERROR, Moment.at(start), start + 40)), stage.state)
        assertEquals(2, stage.keep.outages.size)
    }

    @Test
    fun an_engine_that_ends_is_begun_again_and_ever_more_slowly() {
        val stage = Stage()
        stage.on()
        val end = {
            stage.controller.told(stage.engine.sessions.last(), Event.Ended(EngineException.PANIC, ""))
            stage.time.settle()
        }
        end()
        assertTrue("at once", stage.state is State.OwnError)
        end()
        assertEquals(State.Starting, stage.state)
        stage.time.pass(1_000)
        assertTrue(stage.state is State.OwnError)
        end()
        stage.time.pass(5_001)
        assertTrue("ten seconds are not called starting", stage.state is State.NotRunning)
        stage.time.pass(5_000)
        end()
        stage.time.pass(60_000)
        end()
        assertEquals(Failure.ENGINE, (stage.facts.tunnel as Tunnel.Failed).cause)
        assertTrue(stage.door.left)
    }

    @Test
    fun an_engine_that_ran_for_long_is_begun_again_at_once() {
        val stage = Stage()
        stage.on()
        repeat(8) {
            stage.time.pass(700_000)
            stage.controller.told(stage.engine.sessions.last(), Event.Ended(EngineException.DEVICE_GONE, ""))
            stage.time.pass(2_000)
            assertTrue(stage.facts.tunnel is Tunnel.Up)
        }
    }

    @Test
    fun a_tunnel_that_the_engine_misses_before_the_revocation_is_told_is_no_outage() {
        val stage = Stage()
        stage.on()
        stage.controller.told(stage.engine.sessions.last(), Event.Ended(EngineException.DEVICE_GONE, ""))
        stage.time.pass(1_500)
        assertEquals(State.Starting, stage.state)
        stage.controller.revoked()
        stage.time.pass(60_000)
        assertEquals(State.TurnedOff, stage.state)
        assertTrue(stage.keep.outages.isEmpty())
        assertEquals("nothing is taken from the new owner", 1, stage.door.plans.size)
    }

    @Test
    fun an_outage_outlives_processes_that_could_not_start() {
        val keep = FakeKeep(Stance(Wanted.On, upSince = start - 7_200_000))
        val first = Stage(keep)
        first.phone.death = Death(Moment.at(start - 3_600_000), OutageCause.KILLED)
        first.phone.refuses = Failure.FOREGROUND_REFUSED
        first.begin()
        val second = Stage(keep)
        second.phone.death = Death(Moment.at(start - 5), OutageCause.KILLED)
        second.begin()
        second.attach(StartCause.STICKY)
        assertEquals(listOf(Outage(OutageCause.KILLED, Moment.at(start - 3_600_000), start)), keep.outages)
        assertNull(keep.stance().absent)
    }

    @Test
    fun what_an_older_session_says_is_of_no_interest() {
        val stage = Stage()
        stage.on()
        val older = stage.engine.sessions.single()
        stage.controller.change { it.copy(depth = io.github.hushwall.bridge.Depth.DNS) }
        stage.controller.told(older, Event.Ended(EngineException.PANIC, ""))
        stage.time.settle()
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun turning_off_ends_an_outage_and_writes_it_down() {
        val stage = Stage()
        stage.door.refuses = Failure.SYSTEM_REFUSED
        stage.on()
        stage.time.pass(60_000)
        stage.controller.turnOff()
        stage.time.settle()
        assertEquals(listOf(Outage(OutageCause.NOT_STARTED, Moment.at(start), start + 60_000)), stage.keep.outages)
        assertNull(stage.facts.outage)
    }
}
