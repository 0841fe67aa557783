package io.github.hushwall.bridge

/** A fault in native code, for tests of what comes after it. Only debug builds of the library have it. */
internal object Fault {
    /** Panics with this text: in the engine of a session, or in the call itself for session 0. */
    @JvmStatic
    external fun panic(session: Long, text: ByteArray)
}
