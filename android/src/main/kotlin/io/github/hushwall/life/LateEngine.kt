package io.github.hushwall.life

import android.os.ParcelFileDescriptor
import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import java.io.IOException

/** An engine that is loaded when it is first needed, which is on the queue's thread. */
internal class LateEngine(private val load: () -> Engine, private val close: (Int) -> Unit = ::closeDescriptor) : Engine {
    private var engine: Engine? = null

    override val version: String get() = loaded().version

    /** A descriptor is taken over even where there is no library: left open, the tunnel would stay and nobody would read it. */
    override fun start(fd: Int, settings: EngineSettings, network: Network): Session {
        val engine = try {
            loaded()
        } catch (error: EngineException) {
            close(fd)
            throw error
        }
        return engine.start(fd, settings, network)
    }

    @Synchronized
    private fun loaded(): Engine = engine ?: load().also { engine = it }
}

private fun closeDescriptor(fd: Int) {
    try {
        ParcelFileDescriptor.adoptFd(fd).close()
    } catch (_: IOException) {
        // It is gone all the same.
    }
}
