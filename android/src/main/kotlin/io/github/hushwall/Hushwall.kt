package io.github.hushwall

import android.app.Application
import io.github.hushwall.screens.Desk
import io.github.hushwall.screens.EmptyDesk
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** The process. */
open class Hushwall : Application() {
    /** What the screens ask of the app. */
    open val desk: Desk = EmptyDesk

    /** Where screens wait for files and for the system. */
    open val aside: Executor = Executors.newSingleThreadExecutor { Thread(it, "screens").apply { isDaemon = true } }
}
