package io.github.hushwall.screens

/** One of the things that keep the app running on these phones. */
data class Check(val kind: Kind, val state: State) {
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
