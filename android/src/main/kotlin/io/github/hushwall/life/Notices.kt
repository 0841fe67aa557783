package io.github.hushwall.life

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import io.github.hushwall.R
import io.github.hushwall.control.Button
import io.github.hushwall.control.Clock
import io.github.hushwall.control.Once
import io.github.hushwall.control.Shown
import io.github.hushwall.control.State
import io.github.hushwall.control.Text
import io.github.hushwall.control.Watcher
import io.github.hushwall.control.faceOf
import io.github.hushwall.control.labelOf
import io.github.hushwall.record.Store
import io.github.hushwall.screens.HomeActivity
import io.github.hushwall.screens.StoppedActivity
import io.github.hushwall.screens.Words
import java.io.File

/** The silent notification while the service runs, and one message for each outage. Posted on a change of state only. */
internal class Notices(private val context: Context, private val clock: Clock) : Watcher {
    private val notifications: NotificationManager? by lazy { context.getSystemService(NotificationManager::class.java) }
    private val kept = Store { File(context.filesDir, "told") }
    private val once = OnceADay(kept::read, kept::write)
    private var standing: Standing? = null

    /** What the silent notification says. */
    private data class Standing(val title: Text, val detail: Text?, val actions: List<Button>)

    /** Makes the channels; a second time does nothing. */
    fun prepare() {
        val quiet = NotificationChannel(PROTECTION, context.getString(R.string.channel_protection), NotificationManager.IMPORTANCE_LOW)
        quiet.setShowBadge(false)
        quiet.lockscreenVisibility = Notification.VISIBILITY_SECRET
        val loud = NotificationChannel(OUTAGES, context.getString(R.string.channel_outages), NotificationManager.IMPORTANCE_DEFAULT)
        notifications?.createNotificationChannels(listOf(quiet, loud))
    }

    override fun show(shown: Shown) {
        val face = faceOf(shown.state)
        stand(standingOf(shown), shown.state)
        val message = face.once ?: return
        if (shown.settled && once.tells(message.kind, eventOf(shown.state), clock.now())) {
            notifications?.notify(ONCE_ID + message.kind.ordinal, build(message))
        }
    }

    /** That it starts is first said by the service itself: one that does not come must not leave it standing. */
    private fun stand(next: Standing?, state: State) {
        if (next == standing || state is State.Starting && standing == null) return
        standing = next
        if (next == null) notifications?.cancel(STANDING_ID) else notifications?.notify(STANDING_ID, build(next))
    }

    /** What changes by itself, such as when an app was last seen, is left out: it would be posted again and again. */
    private fun standingOf(shown: Shown): Standing? {
        val state = shown.state.let { if (it is State.Protected) it.copy(lastSeen = null) else it }
        val face = faceOf(state)
        return face.standing?.let { Standing(it, face.line.takeIf { shown.settings.detail }, face.standingActions) }
    }

    /** The notification with which the service goes to the foreground. */
    fun standing(shown: Shown?): Notification {
        val next = shown?.let(::standingOf) ?: Standing(Text(R.string.state_starting), null, emptyList())
        standing = next
        return build(next)
    }

    private fun build(standing: Standing): Notification {
        val words = Words(context)
        val builder = Notification.Builder(context, PROTECTION)
            .setSmallIcon(R.drawable.notification)
            .setContentTitle(words.of(standing.title))
            .setContentText(standing.detail?.let(words::of))
            .setContentIntent(home())
            .setOngoing(true)
            .setOnlyAlertOnce(true)
            .setShowWhen(false)
            .setCategory(Notification.CATEGORY_SERVICE)
        standing.actions.forEach { builder.addAction(action(it)) }
        return builder.build()
    }

    private fun build(message: Once): Notification {
        val words = Words(context)
        val line = words.of(message.line)
        return Notification.Builder(context, OUTAGES)
            .setSmallIcon(R.drawable.notification)
            .setContentTitle(words.of(message.title))
            .setContentText(line)
            .setStyle(Notification.BigTextStyle().bigText(line))
            .setContentIntent(home())
            .setAutoCancel(true)
            .build()
    }

    private fun action(button: Button): Notification.Action {
        val intent = when (button) {
            Button.PAUSE -> actionIntent(context, ActionReceiver.PAUSE)
            Button.SOMETHING_BROKE -> PendingIntent.getActivity(
                context, 1, Intent(context, StoppedActivity::class.java), PendingIntent.FLAG_IMMUTABLE,
            )
            else -> actionIntent(context, ActionReceiver.TURN_ON)
        }
        return Notification.Action.Builder(null, context.getString(labelOf(button)), intent).build()
    }

    private fun home(): PendingIntent =
        PendingIntent.getActivity(context, 0, Intent(context, HomeActivity::class.java), PendingIntent.FLAG_IMMUTABLE)

    /** Two states with one name here are one event. */
    private fun eventOf(state: State): String = when (state) {
        is State.KilledAndBack -> "${state.outage.from.latest}"
        is State.Frozen -> "${state.outage.from.latest}"
        is State.OwnError -> "${state.outage.from.latest}"
        is State.NotRunning -> "${state.since}"
        else -> "${clock.now() / 60_000}"
    }

    companion object {
        /** The silent notification. */
        const val STANDING_ID: Int = 1

        /** The channel of the state. */
        const val PROTECTION: String = "protection"

        /** The channel of outages. */
        const val OUTAGES: String = "outages"
        private const val ONCE_ID = 10
    }
}
