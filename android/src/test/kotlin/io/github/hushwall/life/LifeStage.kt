package io.github.hushwall.life

import android.app.AppOpsManager
import android.content.Intent
import android.content.pm.PackageInfo
import android.os.Process
import io.github.hushwall.Hushwall
import io.github.hushwall.bridge.Engine
import io.github.hushwall.control.FakeEngine
import io.github.hushwall.control.Shown
import io.github.hushwall.control.Stance
import io.github.hushwall.control.StartCause
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.record.StanceText
import java.io.File
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ServiceController
import org.robolectric.shadows.ShadowVpnService

/** The process with a fake engine, which begins when a test says so. */
class LifeApp : Hushwall() {
    /** The engine. */
    val engine = FakeEngine()

    override val life: Life by lazy {
        Life(this, ::loadEngine) {
            listOf("com.miui.analytics", "com.miui.msa.global").map { VendorPackage(it, VendorPackage.Entry.ON) }
        }
    }

    override fun begin() = Unit

    override fun loadEngine(): Engine = engine
}

/** A phone with the app on it. */
class LifeStage {
    /** The process. */
    val app: LifeApp = RuntimeEnvironment.getApplication() as LifeApp

    /** Its parts. */
    val life: Life get() = app.life

    /** What is drawn. */
    val shown: Shown get() = checkNotNull(life.controller.shown)

    init {
        ShadowVpnService.setPrepareResult(null)
        install("com.miui.analytics", 10_111)
    }

    /** The owner gives consent, or takes it back. */
    fun consent(given: Boolean) {
        val ops = shadowOf(app.getSystemService(AppOpsManager::class.java))
        val mode = if (given) AppOpsManager.MODE_ALLOWED else AppOpsManager.MODE_IGNORED
        ops.setMode("android:activate_vpn", Process.myUid(), app.packageName, mode)
    }

    /** An app comes. */
    fun install(name: String, uid: Int) {
        shadowOf(app.packageManager).installPackage(
            PackageInfo().apply {
                packageName = name
                applicationInfo = android.content.pm.ApplicationInfo().also {
                    it.packageName = name
                    it.uid = uid
                    it.flags = android.content.pm.ApplicationInfo.FLAG_INSTALLED
                }
            },
        )
    }

    /** The owner taps, consents, and Android starts the service. */
    fun on(): ServiceController<HushwallService> {
        consent(given = true)
        begin()
        life.controller.turnOn(StartCause.TAP)
        settle()
        return service()
    }

    /** Android announces something. */
    fun announce(intent: Intent) {
        app.sendBroadcast(intent)
        settle()
    }

    /** What was wanted when the last process ended. */
    fun wanted(stance: Stance) = File(app.filesDir, "stance").writeText(StanceText.emit(stance))

    /** Lets the queue's thread do what is due, and the main thread after it. */
    fun settle() {
        shadowOf(life.queue.handler.looper).idle()
        shadowOf(android.os.Looper.getMainLooper()).idle()
    }

    /** Lets time pass on the queue. */
    fun pass(millis: Long) {
        shadowOf(life.queue.handler.looper).idleFor(java.time.Duration.ofMillis(millis))
        settle()
    }

    /** The process begins. */
    fun begin() {
        life.begin()
        settle()
    }

    /** Android starts the service as it was asked to, or by itself. */
    fun service(intent: Intent? = Intent(app, HushwallService::class.java)): ServiceController<HushwallService> {
        val controller = Robolectric.buildService(HushwallService::class.java, intent).create()
        controller.startCommand(0, 1)
        settle()
        return controller
    }
}
