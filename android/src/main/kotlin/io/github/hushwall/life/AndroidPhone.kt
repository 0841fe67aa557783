package io.github.hushwall.life

import android.app.AlarmManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import io.github.hushwall.control.Clock
import io.github.hushwall.control.Death
import io.github.hushwall.control.Failure
import io.github.hushwall.control.Phone
import io.github.hushwall.plan.Addresses
import io.github.hushwall.record.Traces
import io.github.hushwall.record.deathOf

/** The phone by Android's own means. On the queue's thread. */
internal class AndroidPhone(
    private val context: Context,
    private val clock: Clock,
    private val consent: ConsentRead,
    private val lastAwake: () -> Long?,
) : Phone {
    @Volatile
    private var packages: Map<String, Int>? = null
    private val began = clock.now()

    override fun summon(): Failure? {
        if (!consent.given()) return Failure.NO_CONSENT
        return try {
            context.startForegroundService(Intent(context, HushwallService::class.java))
            null
        } catch (_: IllegalStateException) {
            // Also ForegroundServiceStartNotAllowedException, API 31.
            Failure.FOREGROUND_REFUSED
        } catch (_: SecurityException) {
            Failure.FOREGROUND_REFUSED
        }
    }

    override fun installed(): Map<String, Int> = packages
        ?: context.packageManager.getInstalledApplications(0).associate { it.packageName to it.uid }.also { packages = it }

    /** Packages came or went. */
    fun forgetPackages() {
        packages = null
    }

    /** Ours is told by its address: who owns a network is only said to its owner, and only from API 30 on. */
    @Suppress("DEPRECATION")
    override fun otherVpn(): Boolean {
        val connectivity = context.getSystemService(ConnectivityManager::class.java) ?: return false
        return connectivity.allNetworks.any { network ->
            val vpn = connectivity.getNetworkCapabilities(network)?.hasTransport(NetworkCapabilities.TRANSPORT_VPN) == true
            vpn && connectivity.getLinkProperties(network)?.linkAddresses.orEmpty().none { it.address in Addresses.OWN }
        }
    }

    override fun wakeAt(at: Long?) {
        val alarms = context.getSystemService(AlarmManager::class.java) ?: return
        val wake = actionIntent(context, ActionReceiver.WAKE)
        if (at == null) alarms.cancel(wake) else alarms.setAndAllowWhileIdle(AlarmManager.RTC_WAKEUP, at, wake)
    }

    override fun lastDeath(since: Long): Death? = deathOf(
        Traces(
            since = since,
            exits = pastExits(context),
            lastAwake = lastAwake(),
            bootedAt = clock.now() - clock.sinceBoot(),
            updatedAt = context.packageManager.getPackageInfo(context.packageName, 0).lastUpdateTime,
            now = began,
        ),
    )
}

/** What a notification's button, the tile or the alarm sends. */
internal fun actionIntent(context: Context, action: String): PendingIntent = PendingIntent.getBroadcast(
    context, 0, Intent(context, ActionReceiver::class.java).setAction(action), PendingIntent.FLAG_IMMUTABLE,
)
