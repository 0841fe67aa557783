package io.github.hushwall.control

/** What the owner wants; kept apart from what is. */
sealed class Wanted {
    /** Protection, whenever the phone runs. */
    object On : Wanted()

    /** No protection until [until] (wall clock, milliseconds), then protection again. */
    data class Paused(val until: Long) : Wanted()

    /** No protection, and why the last one ended. */
    data class Off(val why: WhyOff) : Wanted()
}

/** Why protection is not wanted. */
enum class WhyOff {
    /** The owner turned it off, or never turned it on. */
    OWNER,

    /** The slot was taken, and another VPN was seen right after. */
    OTHER_VPN,

    /** The slot was taken away, and no other VPN was seen. */
    VPN_SETTINGS,

    /** Android's question was answered with Cancel. */
    CONSENT_REFUSED,

    /** Android's question was answered before anybody could have read it. */
    CONSENT_AT_ONCE,
}
