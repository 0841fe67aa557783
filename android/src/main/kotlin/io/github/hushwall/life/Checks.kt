package io.github.hushwall.life

import android.app.NotificationManager
import android.content.Context
import android.os.PowerManager
import android.provider.Settings
import io.github.hushwall.control.Facts
import io.github.hushwall.control.Tunnel
import io.github.hushwall.screens.Check

/** How each of the things that keep us running stands, as far as Android and the vendor let apps read it. */
internal fun readChecks(context: Context, facts: Facts?, ticks: Ticks, now: Long): List<Check> = Check.Kind.values().map { kind ->
    val done = when (kind) {
        Check.Kind.AUTOSTART -> null
        Check.Kind.BATTERY -> batteryIsFree(context)
        Check.Kind.LOCK -> isLocked(context)
        Check.Kind.ALWAYS_ON -> facts?.takeIf { it.tunnel is Tunnel.Up }?.alwaysOn
        Check.Kind.NOTIFICATIONS -> context.getSystemService(NotificationManager::class.java)?.areNotificationsEnabled()
    }
    val state = when (done) {
        true -> Check.State.DONE
        false -> Check.State.TO_DO
        null -> if (ticks.has(kind)) Check.State.DONE else Check.State.UNREADABLE
    }
    Check(kind, state, lostAt = done?.let { ticks.note(kind, it, now) })
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

/** What the owner ticked because it cannot be read, and how the rest was read before. Not for the main thread. */
internal class Ticks(private val context: Context) {
    private val kept by lazy { context.getSharedPreferences("ticks", Context.MODE_PRIVATE) }

    /** Whether [kind] is ticked. */
    fun has(kind: Check.Kind): Boolean = kept.getBoolean(kind.name, false)

    /** Ticks [kind], or takes it back. */
    fun set(kind: Check.Kind, on: Boolean) = kept.edit().putBoolean(kind.name, on).apply()

    /** Notes [now] whether [kind] is [done]; since when it is known that it no longer is, if it was. */
    fun note(kind: Check.Kind, done: Boolean, now: Long): Long? {
        val (was, since) = "done ${kind.name}" to "lost ${kind.name}"
        if (done) {
            if (!kept.getBoolean(was, false) || kept.contains(since)) kept.edit().putBoolean(was, true).remove(since).apply()
            return null
        }
        if (!kept.getBoolean(was, false)) return null
        if (!kept.contains(since)) kept.edit().putLong(since, now).apply()
        return kept.getLong(since, now)
    }
}
