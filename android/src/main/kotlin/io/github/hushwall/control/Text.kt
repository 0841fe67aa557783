package io.github.hushwall.control

/** A string of the resources and what fills its places; [quantity] makes it a plural. */
data class Text(val id: Int, val args: List<Arg> = emptyList(), val quantity: Int? = null)

/** What fills a place of a [Text]; the system's formatters write it. */
sealed class Arg {
    /** A number. */
    data class Count(val number: Int) : Arg()

    /** Something with its own direction of writing: a host, a package, the name of a setting. */
    data class Name(val text: String) : Arg()

    /** A time of day, with the date where it is not today. */
    data class Time(val millis: Long) : Arg()

    /** A day. */
    data class Day(val millis: Long) : Arg()

    /** A time that may be a range. */
    data class Range(val moment: Moment) : Arg()

    /** How long ago [millis] is. */
    data class Age(val millis: Long) : Arg()

    /** What is left until [millis], in minutes. */
    data class Left(val millis: Long) : Arg()

    /** A length of time. */
    data class Span(val millis: Long) : Arg()
}
