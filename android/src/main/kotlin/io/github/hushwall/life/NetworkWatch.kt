package io.github.hushwall.life

import android.content.Context
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Handler
import io.github.hushwall.control.Controller

/** Tells the controller of the network beneath, and of other VPNs. Our own package is outside the tunnel, so "default" is beneath. */
internal class NetworkWatch(private val context: Context, private val controller: Controller, private val handler: Handler) {
    private var current: Network? = null
    private var links: LinkProperties? = null
    private var capabilities: NetworkCapabilities? = null

    /** Begins to watch. */
    fun begin() {
        val connectivity = context.getSystemService(ConnectivityManager::class.java) ?: return
        connectivity.registerDefaultNetworkCallback(beneath, handler)
        val vpn = NetworkRequest.Builder()
            .addTransportType(NetworkCapabilities.TRANSPORT_VPN)
            .removeCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN)
            .build()
        connectivity.registerNetworkCallback(vpn, other, handler)
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

    private val other = object : ConnectivityManager.NetworkCallback() {
        override fun onLinkPropertiesChanged(network: Network, next: LinkProperties) = controller.otherVpnSeen()
    }

    private fun tell(network: Network) {
        val what = capabilities ?: return
        val how = links ?: return
        controller.networkChanged(
            networkOf(network.networkHandle, how, what),
            what.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET),
        )
    }

    private fun forget() {
        current = null
        links = null
        capabilities = null
    }
}
