package io.github.hushwall.life

import io.github.hushwall.control.OnceKind

/**
 * Lets a message out once an event, and at most once a day a kind. What was told is kept by [write] and had back by [read]: the event
 * may have been the end of the process, again and again.
 */
class OnceADay(private val read: () -> String?, private val write: (String) -> Unit) {
    private class Told(val event: String, val at: Long)

    private val told: MutableMap<OnceKind, Told> by lazy { parse(read().orEmpty()) }

    /** Whether to tell of [event], a kind's, at [now]. */
    fun tells(kind: OnceKind, event: String, now: Long): Boolean {
        val last = told[kind]
        if (last != null && (last.event == event || now - last.at in 0 until DAY)) return false
        told[kind] = Told(event, now)
        write(told.entries.joinToString("") { (kind, told) -> "${kind.name} ${told.at} ${told.event}\n" })
        return true
    }

    private fun parse(text: String): MutableMap<OnceKind, Told> {
        val found = mutableMapOf<OnceKind, Told>()
        for (line in text.lineSequence()) {
            val fields = line.split(' ', limit = 3)
            val kind = OnceKind.values().firstOrNull { it.name == fields[0] } ?: continue
            val at = fields.getOrNull(1)?.toLongOrNull() ?: continue
            found[kind] = Told(fields.getOrNull(2) ?: continue, at)
        }
        return found
    }

    private companion object {
        const val DAY = 86_400_000L
    }
}
