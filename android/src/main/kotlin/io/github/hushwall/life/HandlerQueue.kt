package io.github.hushwall.life

import android.os.Handler
import android.os.HandlerThread
import io.github.hushwall.control.CommandQueue

/** The one queue, on a thread of its own. */
class HandlerQueue : CommandQueue {
    /** The thread's handler, for callbacks of the system that are to arrive on it. */
    val handler: Handler = Handler(HandlerThread("control").apply { start() }.looper)

    override fun post(command: () -> Unit) {
        handler.post(command)
    }

    override fun after(millis: Long, command: () -> Unit): CommandQueue.Pending {
        val waiting = Runnable(command)
        handler.postDelayed(waiting, millis)
        return CommandQueue.Pending { handler.removeCallbacks(waiting) }
    }
}
