package io.github.hushwall.life

import android.net.IpPrefix
import android.net.LinkAddress
import android.net.LinkProperties
import android.net.NetworkCapabilities
import android.net.RouteInfo
import android.os.Build
import io.github.hushwall.bridge.PrivateDns
import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.util.ReflectionHelpers.ClassParameter.from
import org.robolectric.util.ReflectionHelpers.callInstanceMethod

/** What the engine is told of a network. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class)
class NetworkOfTest {
    private val links = LinkProperties()
    private val capabilities: NetworkCapabilities = NetworkCapabilities::class.java.getDeclaredConstructor().newInstance()

    private fun address(text: String) {
        callInstanceMethod<Any>(links, "addLinkAddress", from(LinkAddress::class.java, linkAddress(text)))
    }

    private fun linkAddress(text: String): LinkAddress =
        LinkAddress::class.java.getDeclaredConstructor(InetAddress::class.java, Int::class.javaPrimitiveType)
            .apply { isAccessible = true }
            .newInstance(InetAddress.getByName(text.substringBefore('/')), text.substringAfter('/').toInt())

    private fun defaultRoute(text: String) {
        val any = IpPrefix::class.java.getDeclaredConstructor(InetAddress::class.java, Int::class.javaPrimitiveType)
            .apply { isAccessible = true }.newInstance(InetAddress.getByName(if (':' in text) "::" else "0.0.0.0"), 0)
        val route = RouteInfo::class.java.getDeclaredConstructor(IpPrefix::class.java, InetAddress::class.java)
            .apply { isAccessible = true }.newInstance(any, InetAddress.getByName(text))
        callInstanceMethod<Any>(links, "addRoute", from(RouteInfo::class.java, route))
    }

    // Android 8 parses addresses by a method that no JVM has.
    @Test
    @Config(sdk = [34, 36])
    fun a_family_needs_an_address_and_a_way() {
        address("192.168.1.5/24")
        address("fe80::5/64")
        assertFalse(networkOf(1, links, capabilities).ipv4)
        defaultRoute("192.168.1.1")
        defaultRoute("fe80::1")
        val network = networkOf(1, links, capabilities)
        assertTrue(network.ipv4)
        assertFalse("a link-local address reaches nobody", network.ipv6)
        address("2001:db8::5/64")
        assertTrue(networkOf(1, links, capabilities).ipv6)
    }

    // On such a network the address and the route of IPv4 are on an interface of their own, which links do not show.
    @Test
    @Config(sdk = [34, 36])
    fun an_ipv6_only_network_that_translates_has_ipv4() {
        address("2001:db8::5/64")
        defaultRoute("fe80::1")
        assertFalse(networkOf(1, links, capabilities) { false }.ipv4)
        links.interfaceName = "rmnet_data0"
        assertFalse(networkOf(1, links, capabilities) { false }.ipv4)
        assertTrue("below API 30", networkOf(1, links, capabilities) { it == "rmnet_data0" }.ipv4)
        links.nat64Prefix = IpPrefix::class.java.getDeclaredConstructor(InetAddress::class.java, Int::class.javaPrimitiveType)
            .apply { isAccessible = true }.newInstance(InetAddress.getByName("64:ff9b::"), 96)
        val network = networkOf(1, links, capabilities) { false }
        assertTrue(network.ipv4)
        assertTrue(network.ipv6)
        assertEquals(96, network.nat64?.length)
    }

    @Test
    fun resolvers_come_in_their_order() {
        val resolvers = listOf(InetAddress.getByName("2001:db8::53"), InetAddress.getByName("192.0.2.53"))
        callInstanceMethod<Any>(links, "setDnsServers", from(java.util.Collection::class.java, resolvers))
        assertEquals(resolvers, networkOf(1, links, capabilities).resolvers)
        assertEquals(1L, networkOf(1, links, capabilities).handle)
    }

    @Test
    fun private_dns_off_automatic_and_strict() {
        assertEquals(PrivateDns.OFF, networkOf(1, links, capabilities).privateDns)
        if (Build.VERSION.SDK_INT < 28) return
        callInstanceMethod<Any>(links, "setUsePrivateDns", from(Boolean::class.javaPrimitiveType, true))
        assertEquals(PrivateDns.AUTOMATIC, networkOf(1, links, capabilities).privateDns)
        callInstanceMethod<Any>(links, "setPrivateDnsServerName", from(String::class.java, "dns.example"))
        val network = networkOf(1, links, capabilities)
        assertEquals(PrivateDns.STRICT, network.privateDns)
        assertEquals("dns.example", network.privateDnsHost)
    }

    @Test
    fun a_network_that_waits_for_a_sign_in_has_no_internet_and_one_that_was_not_validated_may() {
        assertFalse(isOnline(capabilities))
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
        assertTrue(isOnline(capabilities))
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL)
        assertFalse(isOnline(capabilities))
    }

    @Test
    fun what_is_not_marked_as_free_costs() {
        assertTrue(networkOf(1, links, capabilities).metered)
    }
}
