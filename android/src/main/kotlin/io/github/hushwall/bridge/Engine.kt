package io.github.hushwall.bridge

/** The native engine. One implementation drives the real one ([NativeEngine]); tests bring their own. */
interface Engine {
    /** The version of the native library, such as `0.1.0`. */
    val version: String

    /**
     * Begins a session on a TUN descriptor. A list file that cannot be used is no reason not to begin: it is told by
     * [Event.ListRefused], and what it would have replaced stays in force.
     *
     * [fd] is a detached number (`ParcelFileDescriptor.detachFd`). The engine takes it over in every case, errors
     * included: the caller never closes it.
     */
    @Throws(EngineException::class)
    fun start(fd: Int, settings: EngineSettings, network: Network): Session
}
