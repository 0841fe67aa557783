package io.github.hushwall.life

import android.net.IpPrefix
import android.net.Network
import android.net.VpnService
import android.os.ParcelFileDescriptor
import java.net.InetAddress
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject

/** A builder that writes down what it is told, and gives or refuses a descriptor. */
@Implements(VpnService.Builder::class)
class RecordingBuilder {
    @RealObject
    private lateinit var builder: VpnService.Builder

    @Implementation
    fun addAddress(address: InetAddress, length: Int): VpnService.Builder = note("address ${address.hostAddress}/$length")

    @Implementation
    fun addRoute(address: InetAddress, length: Int): VpnService.Builder = note("route ${address.hostAddress}/$length")

    @Implementation
    fun addDnsServer(address: InetAddress): VpnService.Builder = note("resolver ${address.hostAddress}")

    @Implementation
    fun excludeRoute(prefix: IpPrefix): VpnService.Builder = note("exclude $prefix")

    @Implementation
    fun addAllowedApplication(app: String): VpnService.Builder = note("allow $app")

    @Implementation
    fun addDisallowedApplication(app: String): VpnService.Builder = note("disallow $app")

    @Implementation
    fun setMtu(mtu: Int): VpnService.Builder = note("mtu $mtu")

    @Implementation
    fun setMetered(metered: Boolean): VpnService.Builder = note("metered $metered")

    @Implementation
    fun setUnderlyingNetworks(networks: Array<Network>?): VpnService.Builder = note("underlying ${networks?.size}")

    @Implementation
    fun establish(): ParcelFileDescriptor? = answer()

    private fun note(call: String): VpnService.Builder {
        planError?.let { throw it }
        calls += call
        return builder
    }

    companion object {
        /** What was called. */
        val calls = mutableListOf<String>()

        /** What a call throws. */
        var planError: RuntimeException? = null

        /** What `establish` gives. */
        var answer: () -> ParcelFileDescriptor? = { null }

        /** Begins anew. */
        fun reset() {
            calls.clear()
            planError = null
            answer = {
                val (reader, writer) = ParcelFileDescriptor.createPipe()
                writer.close()
                Detachable(reader)
            }
        }
    }
}

/** A descriptor that can be detached on a JVM, whose own descriptors have no owner to take back. */
class Detachable(wrapped: ParcelFileDescriptor) : ParcelFileDescriptor(wrapped) {
    override fun detachFd(): Int {
        close()
        return 77
    }
}
