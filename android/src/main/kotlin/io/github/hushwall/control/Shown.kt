package io.github.hushwall.control

import io.github.hushwall.settings.Settings

/** What screens, tile and notification draw: one value, made by the controller. */
data class Shown(
    /** The state. */
    val state: State,
    /** What it follows from. */
    val facts: Facts,
    /** What the owner chose. */
    val settings: Settings,
    /** Whether the state may be announced: for two seconds after a revocation it is not known who did it. */
    val settled: Boolean = true,
)

/** Draws. Called on the queue's thread, whenever something changed. */
fun interface Watcher {
    /** Draws [shown]. */
    fun show(shown: Shown)
}
