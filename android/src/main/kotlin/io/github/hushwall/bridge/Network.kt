package io.github.hushwall.bridge

import java.net.InetAddress

/** What the network of the moment offers. */
data class Network(
    /** `android.net.Network.getNetworkHandle`; 0 without a network, and on a JVM. Another handle is another network. */
    val handle: Long = 0,
    /** Whether it has a route for IPv4. */
    val ipv4: Boolean,
    /** Whether it has a route for IPv6. */
    val ipv6: Boolean,
    /** Its resolvers, best first. */
    val resolvers: List<InetAddress> = emptyList(),
    /** Its NAT64 prefix, where it has one. */
    val nat64: Nat64Prefix? = null,
    /** Its MTU in bytes; 0 if nobody knows. */
    val mtu: Int = 0,
    /** Whether its bytes cost money. */
    val metered: Boolean = false,
    /** How the owner wants questions to travel. */
    val privateDns: PrivateDns = PrivateDns.OFF,
    /** The host of [PrivateDns.STRICT]. */
    val privateDnsHost: String? = null,
)
