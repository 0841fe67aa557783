package io.github.hushwall.control

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Network
import io.github.hushwall.plan.Plan
import io.github.hushwall.settings.Scope
import io.github.hushwall.settings.ScopeKind
import io.github.hushwall.settings.Settings

/** How a tunnel is had, kept and lost, whatever command began it. On the queue's thread only. */
internal abstract class Upkeep(protected val parts: Parts, protected val publish: () -> Unit) {
    protected val clock = parts.clock
    protected val link = Link(parts.engine, parts.pump)
    protected val losses = Losses(parts.keep)
    protected val timers = Timers(parts.queue, parts.phone, clock)

    protected var network = Network(ipv4 = false, ipv6 = false)
    protected var door: Door? = null
    protected var summoned = false
    protected var restarts = 0
    protected var lost: CommandQueue.Pending? = null

    /** Whether Android's one VPN slot is ours; asking for it again could end somebody else's tunnel. */
    protected var slotIsOurs = false

    /** What the state follows from. */
    var facts = Facts(covered = 0)
        protected set

    /** What the owner chose. */
    var settings = Settings()
        protected set

    /** Gets what is wanted, from any state. */
    abstract fun start(why: StartCause)

    /** Brings what the owner chose into force. */
    abstract fun renew(anew: Boolean)

    protected fun starting() {
        facts = facts.copy(tunnel = Tunnel.Starting(clock.now()))
        parts.queue.after(STARTING_LIMIT + 1, publish)
    }

    /** Some phones swallow the request, and neither the service comes nor an error that says why. */
    protected fun summon() {
        if (summoned) return
        summoned = true
        parts.phone.summon()?.let { return fail(it) }
        val attempt = facts.tunnel
        parts.queue.after(STARTING_LIMIT + 1) {
            if (summoned && facts.tunnel === attempt) fail(Failure.FOREGROUND_REFUSED)
            publish()
        }
    }

    protected fun open(at: Door) {
        val plan = count() as? Plan.Ready ?: return nothingToCover()
        facts = facts.copy(listNotes = emptyList())
        val failure = (if (slotIsOurs) null else at.takeSlot()) ?: link.open(at, plan, engineSettings(), network)
        if (failure == null) up(at) else fail(failure)
    }

    protected fun bringInForce(at: Door, anew: Boolean) {
        val plan = count() as? Plan.Ready ?: return nothingToCover()
        val next = engineSettings()
        // Rules that are built anew are told of anew.
        if (link.wants(next)) facts = facts.copy(listNotes = emptyList())
        val tunnels = link.replaced
        val failure = link.change(at, plan, next, network, anew)
        if (link.replaced != tunnels) facts = facts.copy(reconnected = clock.now())
        if (failure == null) up(at) else fail(failure)
    }

    private fun up(at: Door) {
        slotIsOurs = true
        val since = (facts.tunnel as? Tunnel.Up)?.since ?: clock.now()
        facts = facts.copy(
            tunnel = Tunnel.Up(since),
            alwaysOn = at.alwaysOn(),
            lockdown = at.lockdown(),
            listDay = link.listDay() ?: facts.listDay,
        )
        if (facts.wanted is Wanted.On) losses.end(clock.now())?.let { facts = facts.copy(outage = it) }
        keepStance()
        timers.ruleEnd(nextRuleEnd(settings, clock.now())) {
            renew(anew = false)
            publish()
        }
    }

    protected fun fail(failure: Failure) {
        down()
        summoned = false
        slotIsOurs = false
        losses.begin(OutageCause.NOT_STARTED, Moment.at(clock.now()))
        keepStance()
        facts = facts.copy(tunnel = Tunnel.Failed(losses.since ?: clock.now(), failure))
        leave()
    }

    private fun nothingToCover() {
        down()
        leave()
    }

    protected fun down() {
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
    protected fun ended(code: Int, why: OutageCause = OutageCause.OWN_ERROR, since: Long = clock.now()) {
        down()
        if (code == EngineException.NONE || facts.wanted !is Wanted.On) return
        again(why, since, Failure.ENGINE)
    }

    /** Android took the tunnel away. If that was a revocation, the service hears of it a moment later, and it is no outage. */
    protected fun gone() {
        val since = clock.now()
        down()
        if (facts.wanted !is Wanted.On) return
        starting()
        parts.queue.after(REVOKED_WITHIN) {
            if (facts.wanted is Wanted.On && !link.open) again(OutageCause.KILLED, since, Failure.ENGINE)
            publish()
        }
    }

    protected fun again(why: OutageCause, since: Long, otherwise: Failure) {
        losses.begin(why, Moment.at(since))
        keepStance()
        val delay = RESTART_AFTER.getOrNull(restarts++) ?: return fail(otherwise)
        starting()
        parts.queue.after(delay) {
            if (facts.wanted is Wanted.On && !link.open) start(StartCause.AGAIN)
            publish()
        }
    }

    private fun engineSettings() = engineSettingsOf(settings, parts.capabilities, parts.phone.installed(), clock.now())
        .let { if (facts.wanted is Wanted.Paused) lettingAllThrough(it) else it }

    protected fun count(): Plan {
        val installed = parts.phone.installed()
        val plan = parts.planner.plan(settings, installed)
        val leftOut = plan is Plan.Empty &&
            (settings.scope.kind == ScopeKind.CHOSEN || parts.planner.plan(settings.copy(scope = Scope()), installed) is Plan.Ready)
        facts = facts.planned(plan, settings, leftOut)
        return plan
    }

    protected fun want(next: Wanted) {
        facts = facts.copy(wanted = next)
        keepStance()
    }

    protected fun keepStance() = parts.keep.keep(Stance(facts.wanted, (facts.tunnel as? Tunnel.Up)?.since, losses.running))

    protected fun leave() {
        door?.leave()
        door = null
    }

    private companion object {
        const val REVOKED_WITHIN = 2_000L
        const val STEADY = 600_000L
        val RESTART_AFTER = listOf(0L, 1_000L, 10_000L, 60_000L)
    }
}
