package io.github.hushwall.life

import android.content.Context
import android.net.ConnectivityManager
import android.os.Build
import io.github.hushwall.SinceApi
import io.github.hushwall.bridge.Event

/** Says whose a flow is. */
fun interface Owners {
    /** The uid of the app that owns it; -1 if nobody knows. */
    fun ownerOf(asked: Event.WhoOwns): Int
}

/** Asks Android, which tells a VPN of its own apps' flows only, and only from API 29 on. */
internal class AndroidOwners(private val context: Context) : Owners {
    override fun ownerOf(asked: Event.WhoOwns): Int = if (Build.VERSION.SDK_INT >= 29) ask(asked) else UNKNOWN

    @SinceApi(29)
    private fun ask(asked: Event.WhoOwns): Int {
        val connectivity = context.getSystemService(ConnectivityManager::class.java) ?: return UNKNOWN
        return try {
            val uid = connectivity.getConnectionOwnerUid(asked.protocol, asked.local, asked.remote)
            // Up to Android 11 netd asks in the apps' stead, with sockets of its own: that names nobody.
            if (uid == ROOT || uid == NETD_DNS) UNKNOWN else uid
        } catch (_: IllegalArgumentException) {
            UNKNOWN
        } catch (_: SecurityException) {
            UNKNOWN
        }
    }

    private companion object {
        const val UNKNOWN = -1

        /** `AID_ROOT` and `AID_DNS` of `android_filesystem_config.h`. */
        const val ROOT = 0
        const val NETD_DNS = 1051
    }
}
