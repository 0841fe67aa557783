package io.github.hushwall.control

/** What the controller asks of the phone around it. */
interface Phone {
    /** Asks Android to start the service, which comes back as a [Door]; `null`, or why not. Asks for consent by nothing. */
    fun summon(): Failure?

    /** Installed packages and their uids, as far as Android lets us see. */
    fun installed(): Map<String, Int>

    /** Whether a VPN network of somebody else is up. */
    fun otherVpn(): Boolean

    /** Wakes us at [at] even from sleep, about; `null` takes it back. */
    fun wakeAt(at: Long?)

    /** How a process of ours that had a tunnel since [since] ended; `null` if the phone was shut down under it. */
    fun lastDeath(since: Long): Death?
}

/** How the last process ended. */
data class Death(val at: Moment, val cause: OutageCause)
