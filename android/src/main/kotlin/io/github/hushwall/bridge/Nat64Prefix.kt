package io.github.hushwall.bridge

import java.net.Inet6Address

/** An IPv6 prefix in which a network embeds IPv4 addresses (RFC 6052). */
data class Nat64Prefix(
    /** The prefix. */
    val address: Inet6Address,
    /** Its length in bits: 32, 40, 48, 56, 64 or 96. */
    val length: Int,
)
