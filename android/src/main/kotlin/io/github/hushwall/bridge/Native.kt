package io.github.hushwall.bridge

/**
 * The exports of `native/jni`. All throw [EngineException], and nothing else. A session is a number, never a pointer:
 * one that ended is told so.
 */
internal object Native {
    @JvmStatic
    external fun version(): String

    @JvmStatic
    external fun start(fd: Int, settings: ByteArray, network: ByteArray): Long

    @JvmStatic
    external fun replaceDescriptor(session: Long, fd: Int)

    @JvmStatic
    external fun replaceSettings(session: Long, settings: ByteArray)

    @JvmStatic
    external fun replaceLists(session: Long, lists: ByteArray)

    @JvmStatic
    external fun networkChanged(session: Long, network: ByteArray)

    @JvmStatic
    external fun nextEvents(session: Long): ByteArray?

    @JvmStatic
    external fun answerOwner(session: Long, question: Long, uid: Int)

    @JvmStatic
    external fun snapshot(session: Long): ByteArray

    @JvmStatic
    external fun stop(session: Long)
}
