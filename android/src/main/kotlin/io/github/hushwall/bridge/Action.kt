package io.github.hushwall.bridge

/** Let it through, or refuse it. */
enum class Action {
    /** Let it through. */
    ALLOW,

    /** Refuse it. */
    BLOCK,
}
