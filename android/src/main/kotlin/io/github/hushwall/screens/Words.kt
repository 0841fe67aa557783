package io.github.hushwall.screens

import android.content.Context
import android.icu.text.MeasureFormat
import android.icu.util.Measure
import android.icu.util.MeasureUnit
import android.text.BidiFormatter
import android.text.TextDirectionHeuristics
import android.text.format.DateUtils
import io.github.hushwall.R
import io.github.hushwall.control.Arg
import io.github.hushwall.control.Moment
import io.github.hushwall.control.Text
import java.util.Locale

/** Writes texts in the owner's language, with the system's formatters. */
class Words(private val context: Context, private val now: () -> Long = System::currentTimeMillis) {
    private val resources = context.resources
    private val locale: Locale = resources.configuration.locales[0]

    /** A text of the table of states. */
    fun of(text: Text): String {
        val args = text.args.map(::of).toTypedArray()
        val quantity = text.quantity ?: return resources.getString(text.id, *args)
        return resources.getQuantityString(text.id, quantity, *args)
    }

    /** A time of day, with the date where it is not today. */
    fun time(millis: Long): String {
        val today = startOfDay(millis) == startOfDay(now())
        val date = if (today) 0 else DateUtils.FORMAT_SHOW_DATE or DateUtils.FORMAT_ABBREV_MONTH
        return DateUtils.formatDateTime(context, millis, DateUtils.FORMAT_SHOW_TIME or date)
    }

    /** A day. */
    fun day(millis: Long): String =
        DateUtils.formatDateTime(context, millis, DateUtils.FORMAT_SHOW_DATE or DateUtils.FORMAT_ABBREV_MONTH)

    /** How long ago. */
    fun age(millis: Long): String {
        val now = now()
        if (now - millis < DateUtils.MINUTE_IN_MILLIS) return resources.getString(R.string.just_now)
        val least = DateUtils.MINUTE_IN_MILLIS
        return DateUtils.getRelativeTimeSpanString(millis, now, least, DateUtils.FORMAT_ABBREV_RELATIVE).toString()
    }

    /** A time that may be a range. */
    fun range(moment: Moment): String =
        if (moment.exact) time(moment.latest)
        else resources.getString(R.string.between, time(moment.earliest), time(moment.latest))

    /** A length of time, in its one or two largest units. */
    fun span(millis: Long): String {
        val minutes = millis / DateUtils.MINUTE_IN_MILLIS
        val measures = when {
            minutes < 1 -> listOf(Measure(millis / DateUtils.SECOND_IN_MILLIS, MeasureUnit.SECOND))
            minutes < 60 -> listOf(Measure(minutes, MeasureUnit.MINUTE))
            minutes % 60 == 0L -> listOf(Measure(minutes / 60, MeasureUnit.HOUR))
            else -> listOf(Measure(minutes / 60, MeasureUnit.HOUR), Measure(minutes % 60, MeasureUnit.MINUTE))
        }
        return MeasureFormat.getInstance(locale, MeasureFormat.FormatWidth.SHORT).formatMeasures(*measures.toTypedArray())
    }

    /** A name, host or package, which keeps its own direction in a sentence of the other. */
    fun name(text: String): String = BidiFormatter.getInstance(locale).unicodeWrap(text, TextDirectionHeuristics.LTR)

    /** The same, which may go on in another line behind a dot or a slash, not in the middle of a word. */
    fun address(text: String): String = name(text.replace(Regex("[./]+"), "$0\u200B"))

    private fun of(arg: Arg): Any = when (arg) {
        is Arg.Count -> arg.number
        is Arg.Name -> name(arg.text)
        is Arg.Time -> time(arg.millis)
        is Arg.Day -> day(arg.millis)
        is Arg.Range -> range(arg.moment)
        is Arg.Age -> age(arg.millis)
        is Arg.Left -> maxOf(1, (arg.millis - now() + DateUtils.MINUTE_IN_MILLIS - 1) / DateUtils.MINUTE_IN_MILLIS).toInt()
        is Arg.Span -> span(arg.millis)
    }
}
