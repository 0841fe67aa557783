package io.github.hushwall.life

import android.app.AppOpsManager
import android.content.Context
import android.os.Process

/** Reads the owner's consent to a tunnel without asking for it: `VpnService.prepare` would take the slot from another app. */
class ConsentRead(private val context: Context) {
    /** Whether consent was given. Where Android does not know the question, the service's own start decides. */
    fun given(): Boolean {
        val ops = context.getSystemService(AppOpsManager::class.java) ?: return true
        return try {
            @Suppress("DEPRECATION")
            ops.checkOpNoThrow(ACTIVATE_VPN, Process.myUid(), context.packageName) == AppOpsManager.MODE_ALLOWED
        } catch (_: IllegalArgumentException) {
            true
        } catch (_: SecurityException) {
            true
        }
    }

    private companion object {
        /** The operation's public name; the constant is hidden. */
        const val ACTIVATE_VPN = "android:activate_vpn"
    }
}
