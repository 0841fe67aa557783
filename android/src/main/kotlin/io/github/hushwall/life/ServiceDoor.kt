package io.github.hushwall.life

import android.app.PendingIntent
import android.app.Service
import android.content.Intent
import android.net.VpnService
import android.os.Build
import android.os.Handler
import android.os.Looper
import android.provider.Settings
import io.github.hushwall.R
import io.github.hushwall.SinceApi
import io.github.hushwall.control.Door
import io.github.hushwall.control.Established
import io.github.hushwall.control.Failure
import io.github.hushwall.plan.Plan
import io.github.hushwall.screens.HomeActivity

/** The running service as the controller sees it, since its start number [startId]. */
internal class ServiceDoor(private val service: HushwallService, private val life: Life, private val startId: Int) : Door {
    private val main = Handler(Looper.getMainLooper())

    /** For a start that is wanted without a tap. One of the two callers of `prepare()`; the other is the owner's tap. */
    override fun takeSlot(): Failure? = when {
        !life.consent.given() -> Failure.NO_CONSENT
        life.phone.otherVpn() -> Failure.NOT_PREPARED
        VpnService.prepare(service) != null -> Failure.NO_CONSENT
        else -> null
    }

    override fun establish(plan: Plan.Ready): Established {
        val home = Intent(service, HomeActivity::class.java)
        val builder = service.Builder()
            .setSession(service.getString(R.string.app_name))
            .setConfigureIntent(PendingIntent.getActivity(service, 0, home, PendingIntent.FLAG_IMMUTABLE))
        return establish(builder, plan)
    }

    override fun alwaysOn(): Boolean =
        if (Build.VERSION.SDK_INT >= 29) isAlwaysOn() else secure("always_on_vpn_app") == service.packageName

    override fun lockdown(): Boolean =
        if (Build.VERSION.SDK_INT >= 29) isLockdown() else alwaysOn() && secure("always_on_vpn_lockdown") == "1"

    /** Only what the controller knew of is ended: Android ends a process whose service stops before a start that is on its way. */
    override fun leave() {
        main.post { if (service.stopSelfResult(startId)) service.stopForeground(Service.STOP_FOREGROUND_REMOVE) }
    }

    @SinceApi(29)
    private fun isAlwaysOn(): Boolean = service.isAlwaysOn

    @SinceApi(29)
    private fun isLockdown(): Boolean = service.isLockdownEnabled

    private fun secure(key: String): String? = try {
        Settings.Secure.getString(service.contentResolver, key)
    } catch (_: SecurityException) {
        null
    }
}
