package io.github.hushwall.life

import io.github.hushwall.control.OnceKind

/** Lets a message out once an event, and at most once a day a kind. */
class OnceADay {
    private val told = HashMap<OnceKind, Pair<String, Long>>()

    /** Whether to tell of [event], a kind's, at [now]. */
    fun tells(kind: OnceKind, event: String, now: Long): Boolean {
        val last = told[kind]
        if (last != null && (last.first == event || now - last.second < DAY)) return false
        told[kind] = event to now
        return true
    }

    private companion object {
        const val DAY = 86_400_000L
    }
}
