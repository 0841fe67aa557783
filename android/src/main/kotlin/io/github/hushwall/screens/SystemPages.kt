package io.github.hushwall.screens

import android.app.Activity
import android.app.AlertDialog
import android.content.ActivityNotFoundException
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.provider.Settings
import io.github.hushwall.R

/** Opens the first of the system's pages that is there; else App info; else says where to look. Never a dead end. */
fun Activity.openSystem(vararg actions: String) = openFirst(actions.map(::Intent))

/** The page on which a check is done. */
fun Activity.openPageOf(check: Check.Kind) = openFirst(
    when (check) {
        Check.Kind.AUTOSTART -> listOf(
            Intent("miui.intent.action.OP_AUTO_START"),
            Intent().setComponent(
                ComponentName("com.miui.securitycenter", "com.miui.permcenter.autostart.AutoStartManagementActivity"),
            ),
        )
        Check.Kind.BATTERY -> listOf(
            Intent("miui.intent.action.HIDDEN_APPS_CONFIG_ACTIVITY")
                .putExtra("package_name", packageName)
                .putExtra("package_label", getString(R.string.app_name)),
            Intent(Settings.ACTION_IGNORE_BATTERY_OPTIMIZATION_SETTINGS),
        )
        Check.Kind.LOCK -> emptyList()
        Check.Kind.ALWAYS_ON -> listOf(Intent(Settings.ACTION_VPN_SETTINGS))
        Check.Kind.NOTIFICATIONS -> listOf(
            Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS).putExtra(Settings.EXTRA_APP_PACKAGE, packageName),
        )
    },
)

/** The screen of lists. */
fun listsIntent(context: Context): Intent = Intent(context, ListsActivity::class.java)

private fun Activity.openFirst(pages: List<Intent>) {
    val appInfo = Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null))
    for (page in pages + appInfo) {
        try {
            return startActivity(page)
        } catch (_: ActivityNotFoundException) {
            continue
        } catch (_: SecurityException) {
            // Some systems keep such a page to themselves.
            continue
        }
    }
    AlertDialog.Builder(this).setMessage(R.string.by_hand).show()
}
