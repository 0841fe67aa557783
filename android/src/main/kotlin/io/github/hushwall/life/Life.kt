package io.github.hushwall.life

import android.content.Context
import android.os.Build
import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.LastLife
import io.github.hushwall.bridge.Session
import io.github.hushwall.control.Capabilities
import io.github.hushwall.control.Controller
import io.github.hushwall.control.Parts
import io.github.hushwall.plan.PackageTable
import io.github.hushwall.plan.Planner
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.record.FileKeep
import io.github.hushwall.record.StopLog
import io.github.hushwall.record.Store
import java.io.File
import java.io.IOException

/** The parts of the process, put together once. Making it touches neither disk nor system; [begin] does, on the queue's thread. */
class Life(
    private val context: Context,
    loadEngine: () -> Engine,
    readPackages: () -> List<VendorPackage> = { packagesOf(context) },
) {
    internal val queue = HandlerQueue()
    private val clock = SystemClocks
    private val stamp by lazy { File(context.filesDir, "last-awake") }

    /** Reads the owner's consent. */
    val consent: ConsentRead = ConsentRead(context)

    /** The vendor's packages. Reads a file. */
    val packages: List<VendorPackage> by lazy(readPackages)

    /** What outlives the process. */
    val keep: FileKeep = FileKeep(context::getFilesDir, clock)

    internal val phone = AndroidPhone(context, clock, consent) { LastLife.read(stamp.path)?.awake }
    internal val notices = Notices(context, clock)

    /** What was stopped. */
    val stops: StopLog = StopLog(Store { File(context.filesDir, "stopped") }, clock, PhoneApps(context, ::packages))

    /** Owns the engine. */
    val controller: Controller = Controller(
        Parts(
            queue = queue,
            clock = clock,
            engine = LateEngine(loadEngine),
            planner = Planner(::packages, Build.VERSION.SDK_INT, context.packageName),
            phone = phone,
            keep = keep,
            pump = EventPump(AndroidOwners(context), stops, told = ::told),
            capabilities = Capabilities(
                knowsOwners = Build.VERSION.SDK_INT >= 29,
                asksSystem = Build.VERSION.SDK_INT >= 29,
                stampPath = { stamp.path },
            ),
        ),
    )

    /** The process begins. */
    fun begin() = queue.post {
        notices.prepare()
        NetworkWatch(context, controller, queue.handler).begin()
        PhoneWatch(context, controller, phone, queue.handler).begin()
        controller.watch(notices)
        controller.watch { stops.keep(it.settings.logDays) }
        controller.begin()
    }

    /** Memory is scarce. */
    fun lowMemory() = queue.post { stops.trim() }

    private fun told(session: Session, event: Event) =
        controller.told(session, event)
}

private fun packagesOf(context: Context): List<VendorPackage> = try {
    PackageTable.parse(context.assets.open(PackageTable.ASSET).bufferedReader().use { it.readText() })
} catch (_: IOException) {
    emptyList()
}
