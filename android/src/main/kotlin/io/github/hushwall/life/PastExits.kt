package io.github.hushwall.life

import android.app.ActivityManager
import android.content.Context
import android.os.Build
import io.github.hushwall.SinceApi
import io.github.hushwall.record.Exit

/** How our processes ended, as far as Android remembers; nothing below API 30. */
internal fun pastExits(context: Context): List<Exit> = if (Build.VERSION.SDK_INT >= 30) exitInfos(context) else emptyList()

@SinceApi(30)
private fun exitInfos(context: Context): List<Exit> {
    val found = mutableListOf<Exit>()
    val activities = context.getSystemService(ActivityManager::class.java) ?: return found
    for (info in activities.getHistoricalProcessExitReasons(context.packageName, 0, 16)) {
        found += Exit(info.timestamp, info.reason)
    }
    return found
}
