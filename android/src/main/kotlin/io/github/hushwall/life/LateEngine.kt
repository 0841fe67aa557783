package io.github.hushwall.life

import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session

/** An engine that is loaded when it is first needed, which is on the queue's thread. */
internal class LateEngine(private val load: () -> Engine) : Engine {
    private var engine: Engine? = null

    override val version: String get() = loaded().version

    override fun start(fd: Int, settings: EngineSettings, network: Network): Session = loaded().start(fd, settings, network)

    @Synchronized
    private fun loaded(): Engine = engine ?: load().also { engine = it }
}
