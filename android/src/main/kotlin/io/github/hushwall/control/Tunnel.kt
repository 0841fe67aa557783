package io.github.hushwall.control

/** What is, whatever is wanted. */
sealed class Tunnel {
    /** There is no tunnel, and nobody tries to make one. */
    object Down : Tunnel()

    /** A tunnel is being made since [since]. */
    data class Starting(val since: Long) : Tunnel()

    /** Android gave a descriptor at [since], and the engine that has it answered. */
    data class Up(val since: Long) : Tunnel()

    /** A tunnel was wanted and could not be had. */
    data class Failed(val since: Long, val cause: Failure) : Tunnel()
}

/** Why there is no tunnel: each way in which Android or the engine can say no, told apart. */
enum class Failure {
    /** The owner's consent is missing or was withdrawn. */
    NO_CONSENT,

    /** Consent was there, but `establish()` gave nothing: somebody else has the slot. */
    NOT_PREPARED,

    /** Android does not let the service run in the foreground now. */
    FOREGROUND_REFUSED,

    /** `establish()` refuses an address, a route or the MTU. */
    BAD_PLAN,

    /** The system could not bind the service or make the interface. */
    SYSTEM_REFUSED,

    /** The system says that the service lacks a permission. */
    FORBIDDEN,

    /** The engine would not start on the descriptor. */
    ENGINE,
}
