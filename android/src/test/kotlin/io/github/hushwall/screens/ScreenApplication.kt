package io.github.hushwall.screens

import android.os.Looper
import io.github.hushwall.Hushwall
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executor
import org.robolectric.Shadows.shadowOf

/** The process with a fake desk; what blocks waits until a test lets it go. */
class ScreenApplication : Hushwall() {
    override val desk = FakeDesk()

    override fun begin() = Unit

    private val waiting = ConcurrentLinkedQueue<Runnable>()
    override val aside = Executor { waiting += it }

    /** Lets everything happen that waits, on threads and on the main one. */
    fun settle() {
        do {
            shadowOf(Looper.getMainLooper()).idle()
            val errand = waiting.poll() ?: break
            Thread(errand).apply { start(); join() }
        } while (true)
        shadowOf(Looper.getMainLooper()).idle()
    }
}
