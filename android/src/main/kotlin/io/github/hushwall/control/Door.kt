package io.github.hushwall.control

import io.github.hushwall.plan.Plan

/** The running service, which alone can make a tunnel. Its methods are called on the queue's thread. */
interface Door {
    /** Takes Android's one VPN slot, where consent is given and no other VPN is up; `null` if it is ours. */
    fun takeSlot(): Failure?

    /** Makes the tunnel; the descriptor is detached. */
    fun establish(plan: Plan.Ready): Established

    /** Whether this is the phone's always-on VPN, as Android says now. */
    fun alwaysOn(): Boolean

    /** Whether Android cuts off what is outside the tunnel, as it says now. */
    fun lockdown(): Boolean

    /** Ends the service. */
    fun leave()
}

/** What came of `establish()`. */
sealed class Established {
    /** A tunnel: a detached descriptor, to be handed to the engine. */
    data class Descriptor(val fd: Int) : Established()

    /** No tunnel, and why. */
    data class Refused(val failure: Failure) : Established()
}
