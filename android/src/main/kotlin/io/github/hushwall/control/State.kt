package io.github.hushwall.control

/** What every screen, the tile and the notification render: one row of the table in `faceOf` each. */
sealed class State {
    /** The tunnel is up and the engine answers; [apps] is `null` where all apps are covered. */
    data class Protected(val apps: Int?, val lastSeen: Long?) : State()

    /** A tunnel is being made, for less than five seconds. */
    object Starting : State()

    /** Up, but no covered app came this way in a day of use. */
    data class NotSeen(val since: Long) : State()

    /** Up, and the phone has no internet. */
    object NoNetwork : State()

    /** Not protecting until [until]; [keyStays] where always-on keeps the tunnel. */
    data class Paused(val until: Long, val keyStays: Boolean) : State()

    /** The owner turned it off. */
    object Off : State()

    /** The phone had stopped the process; up again. */
    data class KilledAndBack(val outage: Outage) : State()

    /** Wanted, and it cannot be had because of [cause]; `null` if nobody knows. */
    data class NotRunning(val since: Long, val cause: Failure? = null) : State()

    /** The engine failed and was built anew. */
    data class OwnError(val outage: Outage) : State()

    /** Another VPN took the slot. */
    object OtherVpn : State()

    /** Turned off in Android's settings. */
    object TurnedOff : State()

    /** Android's question was answered with Cancel. */
    object ConsentRefused : State()

    /** Android said no before the question could be read. */
    object ConsentAtOnce : State()

    /** The tunnel stayed while the process was frozen. */
    data class Frozen(val outage: Outage) : State()

    /** Questions go past us to the owner's Private DNS, server names do not. */
    data class InPart(val host: String) : State()

    /** Questions go past us, and nothing else is looked at. */
    data class NotProtecting(val host: String) : State()

    /** Android cuts off the apps that are outside the tunnel, and where [questionsOnly] are routed, those inside as well. */
    data class Lockdown(val questionsOnly: Boolean = false) : State()

    /** No app on this phone is to be covered; [leftOut] if that is the owner's choice. */
    data class NothingToCover(val leftOut: Boolean = false) : State()
}
