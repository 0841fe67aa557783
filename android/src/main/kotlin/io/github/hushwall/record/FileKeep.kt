package io.github.hushwall.record

import io.github.hushwall.control.Clock
import io.github.hushwall.control.Keep
import io.github.hushwall.control.Outage
import io.github.hushwall.control.Stance
import io.github.hushwall.settings.Settings
import io.github.hushwall.settings.SettingsText
import java.io.File

/** What outlives the process, in files of the app's own storage. Reads and writes: not for the main thread. */
class FileKeep(folder: () -> File, private val clock: Clock) : Keep {
    private val stance = Store { File(folder(), "stance") }
    private val settings = Store { File(folder(), "settings") }
    private val outages = Store { File(folder(), "outages") }
    private var written: Stance? = null

    /** Whether protection was ever wanted; `false` until it is known. */
    @Volatile
    var everOn: Boolean = false
        private set

    override fun stance(): Stance {
        val read = stance.read()?.let(StanceText::parse)
        everOn = everOn || read != null
        return read ?: Stance()
    }

    override fun keep(stance: Stance) {
        if (stance == written) return
        written = stance
        everOn = true
        this.stance.write(StanceText.emit(stance))
    }

    override fun settings(): Settings = settings.read()?.let(SettingsText::parse) ?: Settings()

    override fun keep(settings: Settings) = this.settings.write(SettingsText.emit(settings))

    override fun keep(outage: Outage) {
        val kept = outages() + outage
        outages.write(kept.takeLast(MOST).joinToString("", transform = OutageText::emit))
    }

    /** The outages of the last seven days, oldest first. */
    fun outages(): List<Outage> {
        val since = clock.now() - DAYS * 86_400_000L
        return outages.read()?.let(OutageText::parse).orEmpty().filter { it.to >= since }
    }

    private companion object {
        const val DAYS = 7
        const val MOST = 500
    }
}
