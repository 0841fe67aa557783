package io.github.hushwall.life

import android.content.Context
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Handler
import io.github.hushwall.control.Controller
import io.github.hushwall.plan.Addresses

/** Tells the controller of the network beneath, and of other VPNs. Our own package is outside the tunnel, so "default" is beneath. */
internal class NetworkWatch(private val context: Context, private val controller: Controller, private val handler: Handler) {
    private var current: Network? = null
    private var links: LinkProperties? = null
    private var capabilities: NetworkCapabilities? = null

    /** Begins to watch. */
    fun begin() {
        val connectivity = context.getSystemService(ConnectivityManager::class.java) ?: return
        // Android 11 throws SecurityException here now and then, to apps that hold the permission: then the network stays unknown.
        attempt { connectivity.registerDefaultNetworkCallback(beneath, handler) }
        val vpn = NetworkRequest.Builder()
            .addTransportType(NetworkCapabilities.TRANSPORT_VPN)
            .removeCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN)
            .build()
        attempt { connectivity.registerNetworkCallback(vpn, tunnels, handler) }
    }

    private fun attempt(register: () -> Unit) = try {
        register()
    } catch (_: SecurityException) {
        Unit
    }

    private val beneath = object : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) {
            if (network != current) forget()
            current = network
        }

        override fun onCapabilitiesChanged(network: Network, next: NetworkCapabilities) {
            capabilities = next
            tell(network)
        }

        override fun onLinkPropertiesChanged(network: Network, next: LinkProperties) {
            links = next
            tell(network)
        }

        override fun onLost(network: Network) {
            if (network != current) return
            forget()
            controller.networkChanged(NO_NETWORK, online = false)
        }
    }

    /** Ours are told by their address. */
    private val tunnels = object : ConnectivityManager.NetworkCallback() {
        private val own = HashSet<Network>()

        override fun onLinkPropertiesChanged(network: Network, next: LinkProperties) {
            if (next.linkAddresses.none { it.address in Addresses.OWN }) return controller.otherVpnSeen()
            own += network
            controller.tunnelSeen(up = true)
        }

        override fun onLost(network: Network) {
            if (own.remove(network) && own.isEmpty()) controller.tunnelSeen(up = false)
        }
    }

    private fun tell(network: Network) {
        val what = capabilities ?: return
        val how = links ?: return
        controller.networkChanged(
            networkOf(network.networkHandle, how, what),
            isOnline(what),
        )
    }

    private fun forget() {
        current = null
        links = null
        capabilities = null
    }
}
