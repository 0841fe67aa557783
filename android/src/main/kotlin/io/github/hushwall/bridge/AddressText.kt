package io.github.hushwall.bridge

import java.net.Inet6Address
import java.net.InetAddress

/** An address as the engine writes it (RFC 5952): Java writes out each zero of IPv6, and its zone. */
internal fun textOf(address: InetAddress): String {
    if (address !is Inet6Address) return address.hostAddress.orEmpty()
    val octets = address.address
    val groups = List(GROUPS) { (octets[2 * it].toInt() and 0xff shl 8) or (octets[2 * it + 1].toInt() and 0xff) }
    val (start, length) = longestZeros(groups)
    if (length < 2) return groups.joined()
    return groups.take(start).joined() + "::" + groups.drop(start + length).joined()
}

/** Where the longest row of zeros begins, the first of several, and how long it is. */
private fun longestZeros(groups: List<Int>): Pair<Int, Int> {
    var best = 0 to 0
    var length = 0
    for (place in groups.indices) {
        length = if (groups[place] == 0) length + 1 else 0
        if (length > best.second) best = place - length + 1 to length
    }
    return best
}

private fun List<Int>.joined() = joinToString(":") { Integer.toHexString(it) }

private const val GROUPS = 8
