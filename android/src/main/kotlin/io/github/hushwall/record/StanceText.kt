package io.github.hushwall.record

import io.github.hushwall.control.Stance
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff

/** What was wanted, as one line of text: version, what, until when, why off, since when up. */
object StanceText {
    private const val VERSION = "1"

    /** The text of [stance]. */
    fun emit(stance: Stance): String {
        val up = stance.upSince?.toString() ?: "-"
        return when (val wanted = stance.wanted) {
            is Wanted.On -> "$VERSION on - - $up\n"
            is Wanted.Paused -> "$VERSION paused ${wanted.until} - $up\n"
            is Wanted.Off -> "$VERSION off - ${wanted.why.name} $up\n"
        }
    }

    /** The stance in [text]; `null` if it is none. */
    fun parse(text: String): Stance? {
        val fields = text.trim().split(' ')
        if (fields.size != 5 || fields[0] != VERSION) return null
        val wanted = when (fields[1]) {
            "on" -> Wanted.On
            "paused" -> Wanted.Paused(fields[2].toLongOrNull() ?: return null)
            "off" -> Wanted.Off(WhyOff.values().firstOrNull { it.name == fields[3] } ?: return null)
            else -> return null
        }
        return Stance(wanted, fields[4].toLongOrNull())
    }
}
