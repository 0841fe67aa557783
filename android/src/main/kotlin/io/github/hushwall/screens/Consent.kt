package io.github.hushwall.screens

import android.app.Activity
import android.app.AlertDialog
import android.content.ActivityNotFoundException
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.net.VpnService
import android.os.SystemClock
import io.github.hushwall.R
import io.github.hushwall.control.Tunnel
import io.github.hushwall.plan.Addresses

/** Asks Android for the VPN slot, by the owner's tap only: merely asking can end another app's tunnel. */
class Consent(private val page: Activity, private val desk: Desk) {
    private var askedAt = 0L

    /** The owner tapped "Turn on". */
    fun ask() {
        if (desk.shown?.facts?.tunnel is Tunnel.Up) return desk.turnOn()
        if (otherVpnIsUp()) askFirst() else prepare()
    }

    /** Android's question was answered. */
    fun answered(request: Int, result: Int) {
        if (request != REQUEST) return
        desk.consentAnswered(result == Activity.RESULT_OK, SystemClock.elapsedRealtime() - askedAt)
    }

    private fun prepare() {
        val question = VpnService.prepare(page) ?: return desk.turnOn()
        askedAt = SystemClock.elapsedRealtime()
        try {
            @Suppress("DEPRECATION")
            page.startActivityForResult(question, REQUEST)
        } catch (_: ActivityNotFoundException) {
            AlertDialog.Builder(page).setMessage(R.string.no_dialog).show()
        }
    }

    private fun askFirst() {
        AlertDialog.Builder(page)
            .setTitle(R.string.other_vpn_title)
            .setMessage(R.string.one_vpn)
            .setPositiveButton(R.string.action_turn_on_hushwall) { _, _ -> prepare() }
            .setNegativeButton(R.string.action_keep_other, null)
            .setNeutralButton(R.string.action_export_lists) { _, _ -> page.startActivity(listsIntent(page)) }
            .show()
    }

    @Suppress("DEPRECATION")
    private fun otherVpnIsUp(): Boolean {
        val connectivity = page.getSystemService(ConnectivityManager::class.java) ?: return false
        return connectivity.allNetworks.any {
            connectivity.getNetworkCapabilities(it)?.hasTransport(NetworkCapabilities.TRANSPORT_VPN) == true &&
                // Our own may linger for a moment.
                connectivity.getLinkProperties(it)?.linkAddresses.orEmpty().none { link -> link.address in Addresses.OWN }
        }
    }

    private companion object {
        const val REQUEST = 1
    }
}
