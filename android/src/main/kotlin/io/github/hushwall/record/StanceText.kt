package io.github.hushwall.record

import io.github.hushwall.control.Death
import io.github.hushwall.control.Moment
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.Stance
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff

/** What was wanted, as one line of text: version, what, until when, why off, since when up; then why and since when absent. */
object StanceText {
    private const val VERSION = "1"

    /** The text of [stance]. */
    fun emit(stance: Stance): String {
        val absent = stance.absent?.let { " ${it.cause.name} ${it.at.earliest} ${it.at.latest}" }.orEmpty()
        val up = (stance.upSince?.toString() ?: "-") + absent
        return when (val wanted = stance.wanted) {
            is Wanted.On -> "$VERSION on - - $up\n"
            is Wanted.Paused -> "$VERSION paused ${wanted.until} - $up\n"
            is Wanted.Off -> "$VERSION off - ${wanted.why.name} $up\n"
        }
    }

    /** The stance in [text]; `null` if it is none. */
    fun parse(text: String): Stance? {
        val fields = text.trim().split(' ')
        if (fields.size != 5 && fields.size != 8 || fields[0] != VERSION) return null
        val wanted = when (fields[1]) {
            "on" -> Wanted.On
            "paused" -> Wanted.Paused(fields[2].toLongOrNull() ?: return null)
            "off" -> Wanted.Off(WhyOff.values().firstOrNull { it.name == fields[3] } ?: return null)
            else -> return null
        }
        return Stance(wanted, fields[4].toLongOrNull(), absent(fields.drop(5)))
    }

    private fun absent(fields: List<String>): Death? {
        val cause = OutageCause.values().firstOrNull { it.name == fields.firstOrNull() } ?: return null
        val (earliest, latest) = fields.drop(1).map { it.toLongOrNull() ?: return null }
        return if (earliest <= latest) Death(Moment(earliest, latest), cause) else null
    }
}
