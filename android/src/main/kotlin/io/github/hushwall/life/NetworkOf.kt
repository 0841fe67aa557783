package io.github.hushwall.life

import android.net.LinkProperties
import android.net.NetworkCapabilities
import android.os.Build
import io.github.hushwall.SinceApi
import io.github.hushwall.bridge.Nat64Prefix
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.PrivateDns
import java.net.Inet4Address
import java.net.Inet6Address
import java.net.NetworkInterface
import java.net.SocketException

/** No network. */
val NO_NETWORK: Network = Network(ipv4 = false, ipv6 = false)

/**
 * A network of Android's, as the engine needs to know it. On an IPv6-only network IPv4 leaves by the system's CLAT (RFC 6877), whose
 * address and route are on an interface that [links] do not show: the NAT64 prefix tells of it, or [translates].
 */
fun networkOf(
    handle: Long,
    links: LinkProperties,
    capabilities: NetworkCapabilities,
    translates: (String) -> Boolean = ::hasTranslator,
): Network {
    val strict = if (Build.VERSION.SDK_INT >= 28) strictHost(links) else null
    val nat64 = if (Build.VERSION.SDK_INT >= 30) nat64(links) else null
    val ipv6 = hasWay(links, ipv4 = false)
    return Network(
        handle = handle,
        ipv4 = hasWay(links, ipv4 = true) || ipv6 && (nat64 != null || links.interfaceName?.let(translates) == true),
        ipv6 = ipv6,
        resolvers = links.dnsServers,
        nat64 = nat64,
        mtu = if (Build.VERSION.SDK_INT >= 29) mtu(links) else 0,
        metered = !capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED),
        privateDns = when {
            strict != null -> PrivateDns.STRICT
            Build.VERSION.SDK_INT >= 28 && isPrivate(links) -> PrivateDns.AUTOMATIC
            else -> PrivateDns.OFF
        },
        privateDnsHost = strict,
    )
}

/**
 * Whether Home may stay silent about the internet. A network that waits for a sign-in has none. That Android could not
 * validate one proves nothing: its test server is out of reach in whole countries, where everything else works.
 */
fun isOnline(capabilities: NetworkCapabilities): Boolean =
    capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET) &&
        !capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL)

/** A family works if it has an address that reaches further than the link, and a default route. */
private fun hasWay(links: LinkProperties, ipv4: Boolean): Boolean {
    val address = links.linkAddresses.any {
        val ip = it.address
        if (ipv4) ip is Inet4Address else ip is Inet6Address && !ip.isLinkLocalAddress
    }
    val route = links.routes.any { it.isDefaultRoute && (it.destination.address is Inet4Address) == ipv4 }
    return address && route
}

/** Whether CLAT runs on [link]: its interface is named after the one beneath, and has an address of its own. */
private fun hasTranslator(link: String): Boolean = try {
    NetworkInterface.getByName("v4-$link")?.inetAddresses?.asSequence().orEmpty().any { it is Inet4Address }
} catch (_: SocketException) {
    false
}

@SinceApi(28)
private fun strictHost(links: LinkProperties): String? = links.privateDnsServerName

@SinceApi(28)
private fun isPrivate(links: LinkProperties): Boolean = links.isPrivateDnsActive

@SinceApi(29)
private fun mtu(links: LinkProperties): Int = links.mtu

@SinceApi(30)
private fun nat64(links: LinkProperties): Nat64Prefix? {
    val prefix = links.nat64Prefix ?: return null
    return (prefix.address as? Inet6Address)?.let { Nat64Prefix(it, prefix.prefixLength) }
}
