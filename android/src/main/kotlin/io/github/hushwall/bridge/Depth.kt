package io.github.hushwall.bridge

/** What is inspected. */
enum class Depth {
    /** Questions only. */
    DNS,

    /** Questions, server names, addresses. */
    FULL,
}
