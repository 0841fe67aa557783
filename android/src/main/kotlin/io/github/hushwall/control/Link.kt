package io.github.hushwall.control

import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.plan.Plan
import java.util.GregorianCalendar

/** The engine on a tunnel, or nothing. Used on the queue's thread only. */
internal class Link(private val engine: Engine, private val pump: Pump) {
    private var session: Session? = null
    private var plan: Plan.Ready? = null
    private var settings: EngineSettings? = null

    /** How often a tunnel took the place of another: apps reconnect then, and ask anew. */
    var replaced: Int = 0
        private set

    /** Whether a session runs. */
    val open: Boolean get() = session != null

    /** Whether [other] is the session that runs; events of an older one are of no interest. */
    fun isCurrent(other: Session): Boolean = session === other

    /**
     * Makes a tunnel and sets the engine on it; `null`, or why not. An older session goes on until the new one runs. An engine that
     * cannot be loaded is found out before there is a tunnel that would cut apps off.
     */
    fun open(door: Door, next: Plan.Ready, with: EngineSettings, network: Network): Failure? {
        attempt { engine.version }?.let { return it }
        val fd = when (val result = door.establish(next)) {
            is Established.Refused -> return result.failure
            is Established.Descriptor -> result.fd
        }
        val older = session
        val newer = begin(fd, with, network) ?: return Failure.ENGINE
        session = newer
        plan = next
        settings = with
        pump.follow(newer)
        if (older != null) replaced++
        older?.stop()
        return null
    }

    /** Whether [with] is other than what is in force. */
    fun wants(with: EngineSettings): Boolean = with != settings

    /** Brings another plan or other settings into force with the least that does it. */
    fun change(door: Door, next: Plan.Ready, with: EngineSettings, network: Network, anew: Boolean): Failure? {
        val current = session ?: return open(door, next, with, network)
        val before = settings ?: with
        return when {
            needsNewSession(before, with) -> open(door, next, with, network)
            with != before && attempt { current.replaceSettings(with) } != null -> open(door, next, with, network)
            anew || needsNewTunnel(next) -> replaceTunnel(current, door, next, with, network)
            else -> null
        }.also { if (it == null) inForce(next, with) }
    }

    /** Tells the engine of another network; whether it knows now, or need not. */
    fun networkChanged(network: Network): Boolean = session?.let { current -> attempt { current.networkChanged(network) } } == null

    /** When an app last sent something into the tunnel; `null` if never. An engine that is busy is asked once more. */
    @Throws(EngineException::class)
    fun lastSeen(): Long? {
        val current = session ?: return null
        val snapshot = try {
            current.snapshot()
        } catch (error: EngineException) {
            if (error.code == EngineException.BUSY) current.snapshot() else throw error
        }
        return snapshot.lastSeenApp.takeIf { it > 0 }
    }

    /** The day of the built-in list in force, where the engine says it. */
    fun listDay(): Long? = try {
        session?.snapshot()?.listVersion?.let(::dayOf)
    } catch (_: EngineException) {
        null
    }

    /** Ends the session; the tunnel goes with its descriptor. */
    fun close() {
        session?.stop()
        session = null
        plan = null
        settings = null
    }

    /** A session that has answered; the engine owns the descriptor from here on, errors included. */
    private fun begin(fd: Int, with: EngineSettings, network: Network): Session? {
        val begun = try {
            engine.start(fd, with, network)
        } catch (_: EngineException) {
            return null
        }
        if (attempt { begun.snapshot() } == null) return begun
        begun.stop()
        return null
    }

    /** An app that goes is remembered as gone, for it may come back with another uid, which the tunnel does not know. */
    private fun inForce(next: Plan.Ready, with: EngineSettings) {
        plan = next
        settings = with
    }

    /** The settings are in force by then, so that what apps ask anew is judged by them. */
    private fun replaceTunnel(current: Session, door: Door, next: Plan.Ready, with: EngineSettings, network: Network): Failure? {
        val fd = when (val result = door.establish(next)) {
            is Established.Refused -> return result.failure
            is Established.Descriptor -> result.fd
        }
        if (attempt { current.replaceDescriptor(fd) } != null) return open(door, next, with, network)
        replaced++
        return null
    }

    /** An app that came after the tunnel is outside until there is a new one. */
    private fun needsNewTunnel(next: Plan.Ready): Boolean {
        val before = plan ?: return true
        return next.calls != before.calls || !before.covered.containsAll(next.covered)
    }

    private fun needsNewSession(before: EngineSettings, after: EngineSettings): Boolean =
        before.depth != after.depth || before.mtu != after.mtu || before.asksSystem != after.asksSystem ||
            before.segmentLimit != after.segmentLimit || before.blockedAnswerSeconds != after.blockedAnswerSeconds || before.ownResolvers != after.ownResolvers

    private fun attempt(call: () -> Unit): Failure? = try {
        call()
        null
    } catch (_: EngineException) {
        Failure.ENGINE
    }
}

/** The day in the version of a list (`2026112101`), in milliseconds since 1970; `null` if it has none. */
internal fun dayOf(version: Long): Long? {
    val day = GregorianCalendar((version / 1_000_000).toInt(), (version / 10_000 % 100).toInt() - 1, (version / 100 % 100).toInt())
    day.isLenient = false
    return try {
        day.timeInMillis
    } catch (_: IllegalArgumentException) {
        null
    }
}
