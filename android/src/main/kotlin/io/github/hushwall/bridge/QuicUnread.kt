package io.github.hushwall.bridge

/** What becomes of a QUIC connection whose server name cannot be read. */
enum class QuicUnread {
    /** It is let through, and told as [Verdict.Seen.UNREAD]. */
    FORWARD,

    /** It is refused, so that the app falls back to TCP, where the name is read. */
    FALL_BACK,
}
