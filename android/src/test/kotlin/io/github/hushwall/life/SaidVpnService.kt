package io.github.hushwall.life

import android.net.VpnService
import android.provider.Settings
import android.content.Context
import android.os.Build
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowVpnService

/** What the owner set in Android's VPN settings, told as each level tells it. */
@Implements(VpnService::class)
class SaidVpnService : ShadowVpnService() {
    @Implementation(minSdk = 29)
    fun isAlwaysOn(): Boolean = alwaysOn

    @Implementation(minSdk = 29)
    fun isLockdownEnabled(): Boolean = lockdown

    companion object {
        private var alwaysOn = false
        private var lockdown = false

        /** The owner sets both. */
        fun set(context: Context, alwaysOn: Boolean, lockdown: Boolean) {
            this.alwaysOn = alwaysOn
            this.lockdown = lockdown
            if (Build.VERSION.SDK_INT >= 29) return
            val app = if (alwaysOn) context.packageName else null
            Settings.Secure.putString(context.contentResolver, "always_on_vpn_app", app)
            Settings.Secure.putString(context.contentResolver, "always_on_vpn_lockdown", if (lockdown) "1" else "0")
        }
    }
}
