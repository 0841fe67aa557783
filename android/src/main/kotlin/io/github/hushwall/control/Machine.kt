package io.github.hushwall.control

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.plan.Plan
import io.github.hushwall.settings.Settings

/** What follows from the controller's commands. On the queue's thread only; [publish] draws what changed behind a timer. */
internal class Machine(parts: Parts, publish: () -> Unit) : Upkeep(parts, publish) {
    private var cause = StartCause.AGAIN
    private var networkTold = true

    /** Whether it is being found out who took the slot; nothing is announced until then. */
    var deciding = false
        private set

    fun begin() {
        settings = parts.keep.settings()
        val stance = parts.keep.stance()
        facts = facts.copy(wanted = stance.wanted)
        if (stance.wanted is Wanted.On) {
            val death = stance.absent ?: stance.upSince?.let(parts.phone::lastDeath)
            death?.let { losses.begin(it.cause, it.at) }
        }
        (stance.wanted as? Wanted.Paused)?.let { pauseUntil(it.until) }
        count()
        if (stance.wanted is Wanted.On) start(StartCause.AGAIN)
    }

    override fun start(why: StartCause) {
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
        timers.check()
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

    override fun renew(anew: Boolean) {
        val at = door
        val plan = count()
        when {
            link.open && at != null -> bringInForce(at, anew)
            facts.wanted is Wanted.On && plan is Plan.Ready && facts.tunnel is Tunnel.Down -> start(StartCause.AGAIN)
        }
    }

    fun refresh(unlocked: Boolean) {
        timers.check()
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
            is Event.ListRefused -> noteOf(event, settings, link.listDay())?.let {
                facts = facts.copy(listNotes = facts.listNotes - it + it)
            }
            is Event.Outstanding -> makeForgotten(event)
            is Event.Ended -> if (event.code == EngineException.DEVICE_GONE) gone() else ended(event.code)
            else -> Unit
        }
    }

    /** Apps hold on to a refusal of what is allowed by now. A tunnel that came after the rules has made them forget it already. */
    private fun makeForgotten(allowed: Event.Outstanding) {
        val at = door ?: return
        if (isLong(allowed.leftMillis) && allowed.at > (facts.reconnected ?: Long.MIN_VALUE)) bringInForce(at, anew = true)
    }

    private fun pauseUntil(until: Long) = timers.pause(until) {
        resume()
        publish()
    }

    private companion object {
        const val OTHER_VPN_WITHIN = 2_000L
        const val LOST_AFTER = 3_000L
    }
}
