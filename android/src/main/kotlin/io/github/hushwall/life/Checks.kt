package io.github.hushwall.life

import android.app.NotificationManager
import android.content.Context
import android.os.PowerManager
import android.provider.Settings
import io.github.hushwall.control.Facts
import io.github.hushwall.screens.Check

/** How each of the things that keep us running stands, as far as Android and the vendor let apps read it. */
internal fun readChecks(context: Context, facts: Facts?, ticks: Ticks): List<Check> = Check.Kind.values().map { kind ->
    val done = when (kind) {
        Check.Kind.AUTOSTART -> null
        Check.Kind.BATTERY -> batteryIsFree(context)
        Check.Kind.LOCK -> isLocked(context)
        Check.Kind.ALWAYS_ON -> facts?.alwaysOn
        Check.Kind.NOTIFICATIONS -> context.getSystemService(NotificationManager::class.java)?.areNotificationsEnabled()
    }
    val state = when (done) {
        true -> Check.State.DONE
        false -> Check.State.TO_DO
        null -> if (ticks.has(kind)) Check.State.DONE else Check.State.UNREADABLE
    }
    Check(kind, state)
}

/** Android's own exemption; the vendor's "No restrictions" cannot be read, and brings it along. */
private fun batteryIsFree(context: Context): Boolean? =
    context.getSystemService(PowerManager::class.java)?.isIgnoringBatteryOptimizations(context.packageName)

/** The padlock in the list of recent apps; the vendor keeps it in a setting of its own, where there is one. */
private fun isLocked(context: Context): Boolean? = try {
    Settings.System.getString(context.contentResolver, "locked_apps")?.contains("\"${context.packageName}\"")
} catch (_: SecurityException) {
    null
}

/** What the owner ticked because it cannot be read. Not for the main thread. */
internal class Ticks(private val context: Context) {
    private val kept by lazy { context.getSharedPreferences("ticks", Context.MODE_PRIVATE) }

    /** Whether [kind] is ticked. */
    fun has(kind: Check.Kind): Boolean = kept.getBoolean(kind.name, false)

    /** Ticks [kind], or takes it back. */
    fun set(kind: Check.Kind, on: Boolean) = kept.edit().putBoolean(kind.name, on).apply()
}
