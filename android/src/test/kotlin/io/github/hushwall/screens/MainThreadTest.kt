package io.github.hushwall.screens

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import io.github.hushwall.Hushwall
import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.Explanations
import io.github.hushwall.control.FakeEngine
import java.util.concurrent.ConcurrentLinkedQueue
import org.junit.After
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** The process as it is, with an engine and records that mind the main thread. */
class WatchedApplication : Hushwall() {
    /** What was asked for on the main thread. */
    val seen = ConcurrentLinkedQueue<String>()

    private fun mind(what: String) {
        if (Looper.myLooper() == Looper.getMainLooper()) seen += what
    }

    override fun onCreate() {
        WatchedContext.watching = true
        super.onCreate()
    }

    override fun loadEngine(): Engine {
        mind("library")
        return FakeEngine()
    }

    override fun explanations() = Explanations {
        mind("explanations")
        null
    }
}

/** Neither disk nor system nor library is waited for on the main thread, from the start of the process to the first draw. */
@RunWith(RobolectricTestRunner::class)
@Config(application = WatchedApplication::class, shadows = [WatchedContext::class])
class MainThreadTest {
    private val application get() = RuntimeEnvironment.getApplication() as WatchedApplication

    @After
    fun end() {
        WatchedContext.watching = false
    }

    @Test
    fun `no screen waits before its first draw`() {
        for (screen in SCREENS) {
            WatchedContext.watching = true
            val controller = Robolectric.buildActivity(screen).create().start().postCreate(null).resume().visible()
            val view = controller.get().window.decorView
            view.draw(Canvas(Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)))
            WatchedContext.watching = false
            controller.close()
        }
        assertTrue(application.seen.toString(), application.seen.isEmpty())
    }

    @Test
    fun `the double does throw`() {
        for (call in listOf<() -> Any?>({ application.packageManager }, { application.filesDir }, { application.contentResolver })) {
            assertThrows(IllegalStateException::class.java) { call() }
        }
        assertThrows(IllegalStateException::class.java) { application.getSharedPreferences("x", 0) }
        assertThrows(IllegalStateException::class.java) { application.getSystemService("connectivity") }
    }

    private companion object {
        val SCREENS: List<Class<out Activity>> = listOf(
            HomeActivity::class.java, StoppedActivity::class.java, WhyActivity::class.java, AppsActivity::class.java,
            ListsActivity::class.java, KeepAliveActivity::class.java, SettingsActivity::class.java, LimitsActivity::class.java,
        )
    }
}
