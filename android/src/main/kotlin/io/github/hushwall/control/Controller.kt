package io.github.hushwall.control

import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.settings.Settings
import java.util.concurrent.CopyOnWriteArrayList

/**
 * Owns the engine and all that is wanted of it. Every method may be called from any thread and returns at once: it puts a command
 * into the one queue. Every command is idempotent, from any state.
 */
class Controller(private val parts: Parts) {
    private val watchers = CopyOnWriteArrayList<Watcher>()
    private val machine = Machine(parts, ::publish)

    /** What is drawn now; `null` until the first command is done. */
    @Volatile
    var shown: Shown? = null
        private set

    /** Draws with [watcher] from now on, what is known included. */
    fun watch(watcher: Watcher): Unit = command {
        watchers += watcher
        shown?.let(watcher::show)
    }

    /** Draws no longer. */
    fun unwatch(watcher: Watcher): Unit = parts.queue.post { watchers -= watcher }

    /** The process begins: reads what was, and brings back what is wanted. */
    fun begin(): Unit = command { machine.begin() }

    /** Protection is wanted. */
    fun turnOn(why: StartCause): Unit = command { machine.start(why) }

    /** Protection is no longer wanted. */
    fun turnOff(): Unit = command { machine.end(WhyOff.OWNER) }

    /** No protection for as long as the settings say. */
    fun pause(): Unit = command { machine.pause() }

    /** An alarm went off, or the phone or the app began anew: what is wanted is brought back. */
    fun wake(why: StartCause): Unit = command { machine.wake(why) }

    /** Android's question was answered after [millis]. */
    fun consentAnswered(granted: Boolean, millis: Long): Unit = command {
        when {
            granted -> machine.start(StartCause.TAP)
            millis < AT_ONCE -> machine.end(WhyOff.CONSENT_AT_ONCE)
            else -> machine.end(WhyOff.CONSENT_REFUSED)
        }
    }

    /** The service runs, and was started because of [why]; `null` if it only came along. */
    fun attach(door: Door, why: StartCause?): Unit = command { machine.attach(door, why) }

    /** The service could not run, and why. */
    fun refused(failure: Failure): Unit = command { machine.refused(failure) }

    /** The service is gone. */
    fun detach(door: Door): Unit = command { machine.detach(door) }

    /** Android took the tunnel away. */
    fun revoked(): Unit = command { machine.revoked() }

    /** A VPN network of somebody else appeared. */
    fun otherVpnSeen(): Unit = command { machine.decide() }

    /** Android has our own tunnel [up], or no longer. */
    fun tunnelSeen(up: Boolean): Unit = command { machine.tunnelSeen(up) }

    /** The network of the moment is [network]; [online] if it has internet. */
    fun networkChanged(network: Network, online: Boolean): Unit = command { machine.networkChanged(network, online) }

    /** The owner chose something. [anew] makes a new tunnel, which ends answers that apps still remember. */
    fun change(anew: Boolean = false, edit: (Settings) -> Settings): Unit = command { machine.change(anew, edit) }

    /** Packages came or went. */
    fun packagesChanged(): Unit = command { machine.renew(anew = false) }

    /** The owner [unlocked] the phone, or looks at Home: what is said is read again. */
    fun refresh(unlocked: Boolean): Unit = command { machine.refresh(unlocked) }

    /** The owner has seen the outage. */
    fun outageSeen(): Unit = command { machine.outageSeen() }

    /** What a session says of itself. */
    fun told(session: Session, event: Event): Unit = command { machine.told(session, event) }

    private fun command(body: () -> Unit) = parts.queue.post {
        body()
        publish()
    }

    private fun publish() {
        val state = stateOf(machine.facts, parts.clock.now())
        val next = Shown(state, machine.facts, machine.settings, settled = !machine.deciding)
        if (next == shown) return
        shown = next
        watchers.forEach { it.show(next) }
    }

    private companion object {
        /** Nobody reads and answers a question in less, in milliseconds. */
        const val AT_ONCE = 500L
    }
}
