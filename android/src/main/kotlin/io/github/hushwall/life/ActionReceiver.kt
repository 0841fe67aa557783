package io.github.hushwall.life

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import io.github.hushwall.control.StartCause

/** What the notification's buttons, the alarm and the phone's own announcements ask for. */
class ActionReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val controller = lifeOf(context).controller
        when (intent.action) {
            PAUSE -> controller.pause()
            TURN_ON -> controller.turnOn(StartCause.TILE)
            WAKE -> controller.wake(StartCause.AGAIN)
            Intent.ACTION_BOOT_COMPLETED -> controller.wake(StartCause.BOOT)
            Intent.ACTION_MY_PACKAGE_REPLACED -> controller.wake(StartCause.UPDATE)
        }
    }

    companion object {
        /** Pause. */
        const val PAUSE: String = "io.github.hushwall.PAUSE"

        /** Turn on. */
        const val TURN_ON: String = "io.github.hushwall.TURN_ON"

        /** A pause may be over. */
        const val WAKE: String = "io.github.hushwall.WAKE"
    }
}
