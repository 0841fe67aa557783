package io.github.hushwall.bridge

/** What the engine could not do: a stable [code] for the app, and a text for a report. Native code makes it by name. */
class EngineException(
    /** One of the codes below. */
    val code: Int,
    text: String,
) : Exception(text) {
    companion object {
        /** No error: the end of a session that was asked for. */
        const val NONE = 0

        /** The engine panicked; the text is the panic's. */
        const val PANIC = 1

        /** The session has ended, or never was. */
        const val ENDED = 2

        /** The engine is too busy, or does not answer. */
        const val BUSY = 3

        /** The descriptor is no descriptor, or no TUN. */
        const val DESCRIPTOR = 4

        /** The TUN is gone: the system took the tunnel away. */
        const val DEVICE_GONE = 5

        /** Settings, network or events are not in the form that both sides know. */
        const val ENCODING = 6

        /** A setting cannot be: an own rule that is no name, a feature that nobody knows. */
        const val SETTING = 7

        /** The system refused something that a session needs: a thread, epoll, randomness. */
        const val SYSTEM = 8

        /** A list file cannot be read. */
        const val LIST_UNREADABLE = 9

        /** A list file is not in a form that is known, or damaged. */
        const val LIST_FORM = 10

        /** A list's signature, hash or version is not what it must be. */
        const val LIST_TRUST = 11

        /** A list's time is over, or it is older than one that was here. */
        const val LIST_OLD = 12

        /** The native library could not be loaded. */
        const val LIBRARY = 13
    }
}
