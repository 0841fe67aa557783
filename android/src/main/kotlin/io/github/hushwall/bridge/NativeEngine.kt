package io.github.hushwall.bridge

/** The engine of `native/jni`. Make it with [load]. */
class NativeEngine private constructor() : Engine {
    override val version: String = Native.version()

    override fun start(fd: Int, settings: EngineSettings, network: Network): Session =
        NativeSession(Native.start(fd, Emit.settings(settings), Emit.network(network)))

    companion object {
        /** Loads the library; reads a file, so not on the main thread. */
        @Throws(EngineException::class)
        fun load(library: String = "hushwall"): Engine {
            try {
                System.loadLibrary(library)
                return NativeEngine()
            } catch (error: LinkageError) {
                throw EngineException(EngineException.LIBRARY, error.message ?: error.javaClass.name)
            }
        }
    }
}
