package io.github.hushwall.life

import android.app.Notification
import android.app.Service
import android.content.pm.ServiceInfo
import io.github.hushwall.SinceApi34

/** To the foreground as what Android exempts from its limits: an app that holds the owner's consent to a tunnel. */
@SinceApi34
internal fun startForegroundExempted(service: Service, id: Int, notification: Notification) {
    service.startForeground(id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED)
}

/** Goes to the foreground for a moment, by the kind that needs neither a permission nor consent. */
@SinceApi34
internal fun startForegroundForShort(service: Service, id: Int, notification: Notification) {
    service.startForeground(id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_SHORT_SERVICE)
}
