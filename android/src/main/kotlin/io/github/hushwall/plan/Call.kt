package io.github.hushwall.plan

import java.net.InetAddress

/** One call on `VpnService.Builder`, as data. */
sealed class Call {
    /** `addAddress`, a single address. */
    data class AddAddress(val address: InetAddress) : Call()

    /** `addDnsServer`. */
    data class AddResolver(val address: InetAddress) : Call()

    /** `addRoute`. */
    data class AddRoute(val prefix: Prefix) : Call()

    /** `excludeRoute`, API 33. */
    data class ExcludeRoute(val prefix: Prefix) : Call()

    /** `addAllowedApplication`. */
    data class Allow(val app: String) : Call()

    /** `addDisallowedApplication`. */
    data class Disallow(val app: String) : Call()

    /** `setMtu`. */
    data class SetMtu(val mtu: Int) : Call()

    /** `setMetered(false)`, API 29: as metered as the network beneath. */
    object NotMetered : Call() {
        override fun toString(): String = "NotMetered"
    }
}
