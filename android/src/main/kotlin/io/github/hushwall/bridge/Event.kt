package io.github.hushwall.bridge

import java.net.InetSocketAddress

/** Something that happened in a session. Times are milliseconds since 1970. */
sealed class Event {
    /** A flow or question was refused. */
    data class Stopped(val verdict: Verdict) : Event()

    /** A flow or question of a covered app was let through. */
    data class LetThrough(val verdict: Verdict) : Event()

    /** Which app owns this socket? Answer with [Session.answerOwner] within 50 ms; a flow or a refusal goes on without it then. */
    data class WhoOwns(
        /** Names the question in the answer. */
        val question: Long,
        /** 6 for TCP, 17 for UDP (`OsConstants.IPPROTO_*`). */
        val protocol: Int,
        /** The app's endpoint. */
        val local: InetSocketAddress,
        /** The far end. */
        val remote: InetSocketAddress,
    ) : Event()

    /** Protection was wanted and absent. */
    data class Outage(
        /** When it began; the earliest possible moment where it is not known exactly. */
        val at: Long,
        /** How long it lasted, at most. */
        val lastedMillis: Long,
        /** How long it lasted, at least. */
        val atLeastMillis: Long,
        /** Why. */
        val cause: Cause,
        /** What the engine said as it failed; empty otherwise. */
        val text: String,
    ) : Event() {
        /** Why protection was absent. */
        enum class Cause {
            /** The engine failed and was built anew on the same descriptor; open flows were lost. */
            REBUILT,

            /** The process was frozen while the tunnel was open, and apps talked into it without an answer. */
            FROZEN,
        }
    }

    /** Something refused is asked for again and again: worth a look at how it is refused. */
    data class Storm(
        /** When the count began. */
        val at: Long,
        /** The app, where known. */
        val uid: Int?,
        /** The name, or the address where there is no name. */
        val name: String,
        /** How often within [lastedMillis]. */
        val count: Int,
        /** The length of the count. */
        val lastedMillis: Long,
    ) : Event()

    /** A name is allowed by now whose last refusal the phone remembers for longer than usual; another tunnel makes it forget. */
    data class Outstanding(
        /** When it was allowed. */
        val at: Long,
        /** The name. */
        val name: String,
        /** For how long it is remembered, at most. */
        val leftMillis: Long,
    ) : Event()

    /** So many events were dropped before the next, because nobody took them. */
    data class Lost(val count: Long) : Event()

    /** A list file could not be used; what was in force before stays so. [code] is one of [EngineException]'s. */
    data class ListRefused(val path: String, val code: Int, val text: String) : Event()

    /** The session is over. [code] is 0 after [Session.stop], else one of [EngineException]'s. */
    data class Ended(val code: Int, val text: String) : Event()
}
