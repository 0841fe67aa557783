package io.github.hushwall.control

import io.github.hushwall.bridge.Session

/** Takes the events of a session, on a thread of its own, until it ends. */
fun interface Pump {
    /** Begins. */
    fun follow(session: Session)
}
