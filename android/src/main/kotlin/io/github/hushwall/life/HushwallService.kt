package io.github.hushwall.life

import android.app.Service
import android.content.ComponentCallbacks2
import android.content.Intent
import android.net.VpnService
import android.os.Build
import io.github.hushwall.SinceApi
import io.github.hushwall.control.Failure
import io.github.hushwall.control.StartCause

/**
 * The VPN service: Android's side of the tunnel.
 *
 * The order of a start is Android's: consent is read without side effect, the service goes to the foreground (from API 34 its type is
 * only granted with consent), then the slot is taken, then the tunnel is made. The last two are the controller's, by [ServiceDoor].
 */
class HushwallService : VpnService() {
    private lateinit var life: Life
    private var door: ServiceDoor? = null

    override fun onCreate() {
        super.onCreate()
        life = lifeOf(this)
    }

    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        // Whatever follows: Android ends a process that it was asked to start a service of, and that does not go there.
        val refused = goToForeground()
        val failure = if (life.consent.given()) refused else Failure.NO_CONSENT
        if (failure != null) {
            life.controller.refused(failure)
            if (refused != null && Build.VERSION.SDK_INT >= 34) goThereForShort()
            if (stopSelfResult(startId)) stopForeground(Service.STOP_FOREGROUND_REMOVE)
            return Service.START_NOT_STICKY
        }
        val at = ServiceDoor(this, life, startId)
        door = at
        life.controller.attach(at, causeOf(intent))
        return Service.START_STICKY
    }

    override fun onRevoke() {
        life.controller.revoked()
    }

    /** The card was swiped away in the list of recent apps: the tunnel stays. */
    override fun onTaskRemoved(rootIntent: Intent?) = Unit

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        // That no screen is shown any longer is told as a level too, each time the owner leaves the app.
        if (level != ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN) life.lowMemory()
    }

    override fun onDestroy() {
        door?.let(life.controller::detach)
        super.onDestroy()
    }

    private fun goToForeground(): Failure? = try {
        startForegroundAsVpn(this, Notices.STANDING_ID, life.notices.standing(life.controller.shown))
        null
    } catch (_: SecurityException) {
        Failure.FOREGROUND_REFUSED
    } catch (_: IllegalStateException) {
        Failure.FOREGROUND_REFUSED
    }

    /** Without consent our own kind is refused from API 34 on; a short service asks for nothing. */
    @SinceApi(29)
    private fun goThereForShort() = try {
        startForegroundForShort(this, Notices.STANDING_ID, life.notices.standing(life.controller.shown))
    } catch (_: SecurityException) {
        Unit
    } catch (_: IllegalStateException) {
        Unit
    }

    companion object {
        /** Why Android starts the service: by its own action, again after a kill, or because we asked. */
        fun causeOf(intent: Intent?): StartCause? = when {
            intent == null -> StartCause.STICKY
            intent.action == SERVICE_INTERFACE -> StartCause.SYSTEM
            else -> null
        }
    }
}
