package io.github.hushwall.record

import io.github.hushwall.control.Moment
import io.github.hushwall.control.Outage
import io.github.hushwall.control.OutageCause

/** The raw record of outages: a line each, `cause earliest latest to`, in milliseconds since 1970. */
object OutageText {
    /** The line of [outage]. */
    fun emit(outage: Outage): String = "${outage.cause.name} ${outage.from.earliest} ${outage.from.latest} ${outage.to}\n"

    /** The outages in [text], oldest first; a damaged line is left out. */
    fun parse(text: String): List<Outage> = text.lineSequence().mapNotNull(::line).toList()

    private fun line(line: String): Outage? {
        val fields = line.split(' ')
        if (fields.size != 4) return null
        val cause = OutageCause.values().firstOrNull { it.name == fields[0] } ?: return null
        val times = fields.drop(1).map { it.toLongOrNull() ?: return null }
        if (times[0] > times[1] || times[1] > times[2]) return null
        return Outage(cause, Moment(times[0], times[1]), times[2])
    }
}
