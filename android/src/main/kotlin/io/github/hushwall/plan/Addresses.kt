package io.github.hushwall.plan

import java.net.InetAddress

/** The addresses of the tunnel itself, and those that stay outside. */
object Addresses {
    /**
     * Ours are of the ranges for benchmarks (RFC 2544, RFC 5180): no home or carrier network has them, so nothing collides. An IPv6
     * address of the private range would make apps prefer IPv4 (RFC 6724) where without us they would not.
     */
    val OWN: List<InetAddress> = listOf(Prefix.numeric("198.18.53.1"), Prefix.numeric("2001:2:0:53::1"))

    /** The resolvers that the tunnel announces. */
    val RESOLVERS: List<InetAddress> = listOf(Prefix.numeric("198.18.53.2"), Prefix.numeric("2001:2:0:53::2"))

    /** Resolvers that the vendor's ROM asks past the announced ones. */
    val ROM_RESOLVERS: List<InetAddress> = listOf(Prefix.numeric("114.114.114.114"), Prefix.numeric("240c::6666"))

    /** Everything, in both families. */
    val EVERYTHING: List<Prefix> = listOf(Prefix.of("0.0.0.0/0"), Prefix.of("::/0"))

    /**
     * What stays outside, so that the phone still finds what is beside it: private networks (RFC 1918, RFC 4193), link-local ones
     * (RFC 3927, RFC 4291), multicast, broadcast.
     */
    val OUTSIDE: List<Prefix> = listOf(
        Prefix.of("10.0.0.0/8"), Prefix.of("172.16.0.0/12"), Prefix.of("192.168.0.0/16"), Prefix.of("169.254.0.0/16"),
        Prefix.of("224.0.0.0/4"), Prefix.of("255.255.255.255/32"),
        Prefix.of("fc00::/7"), Prefix.of("fe80::/10"), Prefix.of("ff00::/8"),
    )
}
