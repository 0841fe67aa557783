package io.github.hushwall.screens

/** One of the things that keep the app running on these phones. */
data class Check(
    /** Which. */
    val kind: Kind,
    /** How it stands. */
    val state: State,
    /** When it was first seen that it no longer is as it was before; `null` if it is, or never was. */
    val lostAt: Long? = null,
) {
    /** What it is; in the order that works. */
    enum class Kind { AUTOSTART, BATTERY, LOCK, ALWAYS_ON, NOTIFICATIONS }

    /** How it stands. */
    enum class State {
        /** Read, or ticked by the owner. */
        DONE,

        /** Read, and not so. */
        TO_DO,

        /** Android does not let apps read it. */
        UNREADABLE,
    }
}
