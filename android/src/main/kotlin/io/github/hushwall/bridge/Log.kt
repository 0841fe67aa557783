package io.github.hushwall.bridge

/** Which verdicts are told. */
enum class Log {
    /** None. */
    OFF,

    /** [Event.Stopped]. */
    STOPPED,

    /** [Event.Stopped] and [Event.LetThrough]. */
    ALL,
}
