package io.github.hushwall.control

/** Who wants the tunnel now. */
enum class StartCause {
    /** The owner, by a tap; the same tap has asked for consent, and for the slot. */
    TAP,

    /** The owner, on the tile or a notification, without a screen that could ask for consent. */
    TILE,

    /** The phone has started. */
    BOOT,

    /** The app was replaced by a newer one. */
    UPDATE,

    /** Android brings the service back after a kill. */
    STICKY,

    /** Android starts its always-on VPN. */
    SYSTEM,

    /** A pause is over. */
    RESUME,

    /** The engine ended, or something that kept it from starting is gone. */
    AGAIN,
}
