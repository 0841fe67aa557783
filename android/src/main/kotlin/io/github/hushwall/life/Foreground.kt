package io.github.hushwall.life

import android.app.Notification
import android.app.Service
import android.content.pm.ServiceInfo
import android.os.Build
import io.github.hushwall.SinceApi

/**
 * The kind of foreground service that we are at an API level; `null` where Android knows no kinds. From 34 on it is what Android
 * exempts from its limits: an app that holds the owner's consent to a tunnel. Before, that kind does not exist, and none is wanted.
 */
internal fun foregroundTypeOf(apiLevel: Int): Int? = when {
    apiLevel >= 34 -> ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED
    apiLevel >= 29 -> NO_TYPE
    else -> null
}

/** `ServiceInfo.FOREGROUND_SERVICE_TYPE_NONE`, which is deprecated for who may use no other. */
private const val NO_TYPE = 0

/** To the foreground, as what we are. */
internal fun startForegroundAsVpn(service: Service, id: Int, notification: Notification) {
    val type = foregroundTypeOf(Build.VERSION.SDK_INT)
    if (type == null) service.startForeground(id, notification) else startTyped(service, id, notification, type)
}

/** To the foreground for a moment, from API 34 on, by the kind that needs neither a permission nor consent. */
@SinceApi(29)
internal fun startForegroundForShort(service: Service, id: Int, notification: Notification) =
    startTyped(service, id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_SHORT_SERVICE)

@SinceApi(29)
private fun startTyped(service: Service, id: Int, notification: Notification, type: Int) =
    service.startForeground(id, notification, type)
