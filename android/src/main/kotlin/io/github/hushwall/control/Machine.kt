package io.github.hushwall.control

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.plan.Plan
import io.github.hushwall.settings.Settings

/** What follows from the controller's commands. On the queue's thread only; [publish] draws what changed behind a timer. */
internal class Machine(private val parts: Parts, private val publish: () -> Unit) {
    private val clock = parts.clock
    private val link = Link(parts.engine, parts.pump)
    private val losses = Losses(parts.keep)
    private val timers = Timers(parts.queue, parts.phone, clock)

    private var network = Network(ipv4 = false, ipv6 = false)
    private var door: Door? = null
    private var cause = StartCause.AGAIN
    private var summoned = false
    private var restarts = 0
    private var networkTold = true
    private var lost: CommandQueue.Pending? = null

    /** Whether Android's one VPN slot is ours; asking for it again could end somebody else's tunnel. */
    private var slotIsOurs = false

    /** What the state follows from. */
    var facts = Facts(covered = 0)
        private set

    /** What the owner chose. */
    var settings = Settings()
        private set

    /** Whether it is being found out who took the slot; nothing is announced until then. */
    var deciding = false
        private set

    fun begin() {
        settings = parts.keep.settings()
        val stance = parts.keep.stance()
        facts = facts.copy(wanted = stance.wanted)
        if (stance.wanted is Wanted.On && stance.upSince != null) {
            parts.phone.lastDeath(stance.upSince)?.let { losses.begin(it.cause, it.at) }
        }
        (stance.wanted as? Wanted.Paused)?.let { pauseUntil(it.until) }
        count()
        if (stance.wanted is Wanted.On) start(StartCause.AGAIN)
    }

    fun start(why: StartCause) {
        deciding = false
        if (facts.wanted !is Wanted.On) want(Wanted.On)
        timers.stopPause()
        if (why == StartCause.TAP) {
            slotIsOurs = true
            restarts = 0
        }
        val at = door
        when {
            link.open -> if (at != null) bringInForce(at, anew = false)
            at != null -> open(at)
            else -> {
                if (facts.tunnel !is Tunnel.Starting) starting()
                cause = why
                summon()
            }
        }
    }

    fun attach(at: Door, why: StartCause?) {
        door = at
        summoned = false
        when {
            facts.wanted is Wanted.On || why == StartCause.SYSTEM && facts.wanted is Wanted.Off -> start(why ?: cause)
            facts.wanted is Wanted.Off -> leave()
            at.alwaysOn() -> open(at)
        }
    }

    fun refused(failure: Failure) {
        if (facts.wanted is Wanted.On && !link.open) fail(failure)
    }

    fun wake(why: StartCause) {
        resume()
        if (facts.wanted is Wanted.On && !link.open) start(why)
    }

    fun detach(at: Door) {
        if (door !== at) return
        door = null
        down()
        if (facts.wanted is Wanted.On) again(OutageCause.KILLED, clock.now(), Failure.SYSTEM_REFUSED)
    }

    fun pause() {
        if (facts.wanted is Wanted.Off) return
        val until = clock.now() + settings.pauseMinutes * 60_000L
        want(Wanted.Paused(until))
        losses.end(clock.now())
        pauseUntil(until)
        val at = door
        if (at != null && link.open && at.alwaysOn()) bringInForce(at, anew = false) else down()
    }

    private fun resume() {
        val paused = facts.wanted as? Wanted.Paused ?: return
        if (clock.now() >= paused.until) start(StartCause.RESUME)
    }

    fun end(why: WhyOff) {
        deciding = false
        want(Wanted.Off(why))
        losses.end(clock.now())
        timers.stopPause()
        down()
        leave()
    }

    /** Who has the slot now is seen within two seconds, or nobody has. */
    fun revoked() {
        link.close()
        slotIsOurs = false
        if (facts.wanted is Wanted.Off) return
        end(WhyOff.VPN_SETTINGS)
        deciding = true
        if (parts.phone.otherVpn()) decide() else parts.queue.after(OTHER_VPN_WITHIN, ::decide)
    }

    fun decide() {
        if (!deciding) return
        deciding = false
        if (parts.phone.otherVpn()) want(Wanted.Off(WhyOff.OTHER_VPN))
        publish()
    }

    /** Android tells of a network again at each change of its signal; the engine is only woken for what it has to know. */
    fun networkChanged(next: Network, online: Boolean) {
        if (next == network && online == facts.online && networkTold) return
        network = next
        networkTold = link.networkChanged(next)
        facts = facts.on(next, online)
    }

    /** Android has our tunnel [up], or no longer. A new tunnel may come after the old one is gone, and a revocation be told later. */
    fun tunnelSeen(up: Boolean) {
        lost?.cancel()
        lost = null
        if (up || !link.open) return
        val since = clock.now()
        lost = parts.queue.after(LOST_AFTER) {
            if (link.open) ended(EngineException.DEVICE_GONE, OutageCause.KILLED, since)
            publish()
        }
    }

    fun change(anew: Boolean, edit: (Settings) -> Settings) {
        val next = edit(settings)
        if (next != settings) parts.keep.keep(next)
        settings = next
        renew(anew)
    }

    fun renew(anew: Boolean) {
        val at = door
        val plan = count()
        when {
            link.open && at != null -> bringInForce(at, anew)
            facts.wanted is Wanted.On && plan is Plan.Ready && facts.tunnel is Tunnel.Down -> start(StartCause.AGAIN)
        }
    }

    fun refresh(unlocked: Boolean) {
        val lastSeen = try {
            link.lastSeen()
        } catch (error: EngineException) {
            return ended(error.code)
        }
        facts = facts.seen(lastSeen, clock.now(), unlocked)
        val at = door
        if (link.open && at != null) {
            facts = facts.copy(alwaysOn = at.alwaysOn(), lockdown = at.lockdown())
        } else if (unlocked && facts.wanted is Wanted.On && facts.tunnel !is Tunnel.Starting) {
            if (count() is Plan.Ready) start(StartCause.AGAIN)
        }
    }

    fun outageSeen() {
        facts = facts.copy(outage = null)
    }

    fun told(session: Session, event: Event) {
        if (!link.isCurrent(session)) return
        when (event) {
            is Event.Outage -> outageOf(event).let {
                parts.keep.keep(it)
                facts = facts.copy(outage = it)
            }
            is Event.Ended -> ended(event.code)
            else -> Unit
        }
    }

    private fun pauseUntil(until: Long) = timers.pause(until) {
        resume()
        publish()
    }

    private fun starting() {
        facts = facts.copy(tunnel = Tunnel.Starting(clock.now()))
        parts.queue.after(STARTING_LIMIT + 1, publish)
    }

    /** Some phones swallow the request, and neither the service comes nor an error that says why. */
    private fun summon() {
        if (summoned) return
        summoned = true
        parts.phone.summon()?.let { return fail(it) }
        val attempt = facts.tunnel
        parts.queue.after(STARTING_LIMIT + 1) {
            if (summoned && facts.tunnel === attempt) fail(Failure.FOREGROUND_REFUSED)
            publish()
        }
    }

    private fun open(at: Door) {
        val plan = count() as? Plan.Ready ?: return nothingToCover()
        val failure = (if (slotIsOurs) null else at.takeSlot()) ?: link.open(at, plan, engineSettings(), network)
        if (failure == null) up(at) else fail(failure)
    }

    private fun bringInForce(at: Door, anew: Boolean) {
        val plan = count() as? Plan.Ready ?: return nothingToCover()
        val failure = link.change(at, plan, engineSettings(), network, anew)
        if (failure == null) up(at) else fail(failure)
    }

    private fun up(at: Door) {
        slotIsOurs = true
        val since = (facts.tunnel as? Tunnel.Up)?.since ?: clock.now()
        facts = facts.copy(tunnel = Tunnel.Up(since), alwaysOn = at.alwaysOn(), lockdown = at.lockdown())
        if (facts.wanted is Wanted.On) losses.end(clock.now())?.let { facts = facts.copy(outage = it) }
        keepStance()
        timers.ruleEnd(nextRuleEnd(settings, clock.now())) {
            renew(anew = false)
            publish()
        }
    }

    private fun fail(failure: Failure) {
        down()
        summoned = false
        slotIsOurs = false
        losses.begin(OutageCause.NOT_STARTED, Moment.at(clock.now()))
        facts = facts.copy(tunnel = Tunnel.Failed(losses.since ?: clock.now(), failure))
        leave()
    }

    private fun nothingToCover() {
        down()
        leave()
    }

    private fun down() {
        lost?.cancel()
        lost = null
        val up = facts.tunnel as? Tunnel.Up
        if (up != null && clock.now() - up.since > STEADY) restarts = 0
        link.close()
        timers.ruleEnd(null) {}
        facts = facts.copy(tunnel = Tunnel.Down, usedSince = 0)
        keepStance()
    }

    /** The engine gave up on this tunnel: a new one, at once and then more slowly. */
    private fun ended(code: Int, why: OutageCause = OutageCause.OWN_ERROR, since: Long = clock.now()) {
        down()
        if (code == EngineException.NONE || facts.wanted !is Wanted.On) return
        again(why, since, Failure.ENGINE)
    }

    private fun again(why: OutageCause, since: Long, otherwise: Failure) {
        losses.begin(why, Moment.at(since))
        val delay = RESTART_AFTER.getOrNull(restarts++) ?: return fail(otherwise)
        starting()
        parts.queue.after(delay) {
            if (facts.wanted is Wanted.On && !link.open) start(StartCause.AGAIN)
            publish()
        }
    }

    private fun engineSettings() = engineSettingsOf(settings, parts.capabilities, parts.phone.installed(), clock.now())
        .let { if (facts.wanted is Wanted.Paused) lettingAllThrough(it) else it }

    private fun count(): Plan = parts.planner.plan(settings, parts.phone.installed()).also { facts = facts.planned(it, settings) }

    private fun want(next: Wanted) {
        facts = facts.copy(wanted = next)
        keepStance()
    }

    private fun keepStance() = parts.keep.keep(Stance(facts.wanted, (facts.tunnel as? Tunnel.Up)?.since))

    private fun leave() {
        door?.leave()
        door = null
    }

    private companion object {
        const val OTHER_VPN_WITHIN = 2_000L
        const val LOST_AFTER = 3_000L
        const val STEADY = 600_000L
        val RESTART_AFTER = listOf(0L, 1_000L, 10_000L, 60_000L)
    }
}
