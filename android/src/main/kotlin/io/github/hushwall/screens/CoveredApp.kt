package io.github.hushwall.screens

/** An app that can be covered. */
data class CoveredApp(
    /** Its package. */
    val packageName: String,
    /** Its name for people. */
    val label: String,
    /** Whether it is of those that run as the system itself, which have one switch. */
    val system: Boolean = false,
    /** Whether it is covered unless the owner leaves it out. */
    val byDefault: Boolean = true,
)
