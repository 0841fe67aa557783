package io.github.hushwall

import android.app.Application
import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.Explanations
import io.github.hushwall.bridge.NativeEngine
import io.github.hushwall.bridge.RecordsFile
import io.github.hushwall.life.AppDesk
import io.github.hushwall.life.AppRecords
import io.github.hushwall.life.Life
import io.github.hushwall.screens.Desk
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** The process. */
open class Hushwall : Application() {
    /** The parts of the process. */
    open val life: Life by lazy { Life(this, ::loadEngine) }

    /** What the screens ask of the app. */
    open val desk: Desk by lazy { AppDesk(life, AppRecords(this, life, explanations())) }

    /** Where screens wait for files and for the system. */
    open val aside: Executor = Executors.newSingleThreadExecutor { Thread(it, "screens").apply { isDaemon = true } }

    override fun onCreate() {
        super.onCreate()
        begin()
    }

    /** Brings back what is wanted. */
    protected open fun begin() {
        life.begin()
    }

    /** Loads the native library. */
    protected open fun loadEngine(): Engine = NativeEngine.load()

    /** What the records know of rules. */
    protected open fun explanations(): Explanations = RecordsFile { assets.open("explanations.txt") }
}
