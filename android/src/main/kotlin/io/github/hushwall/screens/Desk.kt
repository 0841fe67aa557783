package io.github.hushwall.screens

import io.github.hushwall.control.Shown
import io.github.hushwall.control.Watcher
import io.github.hushwall.settings.Settings

/** What the screens ask of the app. Every method returns at once and touches neither disk nor system. */
interface Desk {
    /** What is drawn now; `null` until it is known. */
    val shown: Shown?

    /** Whether protection was ever on: Home greets who never turned it on. */
    val everOn: Boolean

    /** What the app keeps in files and asks the system for: never from the main thread. */
    val records: Records

    /** Tells [watcher] of every change, on any thread. */
    fun watch(watcher: Watcher)

    /** Tells it no longer. */
    fun unwatch(watcher: Watcher)

    /** Tells [watcher] the key of each row of what was stopped as it comes or changes, on any thread. */
    fun watchStops(watcher: (String) -> Unit)

    /** Tells it no longer. */
    fun unwatchStops(watcher: (String) -> Unit)

    /** Protection is wanted; consent is given. */
    fun turnOn()

    /** Protection is no longer wanted. */
    fun turnOff()

    /** No protection for as long as the settings say. */
    fun pause()

    /** Android's question was answered after [millis]. */
    fun consentAnswered(granted: Boolean, millis: Long)

    /** The owner chose something; [anew] makes a new tunnel, so that covered apps reconnect. */
    fun change(anew: Boolean = false, edit: (Settings) -> Settings)

    /** The owner looks: what Android can tell is read again. */
    fun refresh()

    /** The owner has seen the outage. */
    fun outageSeen()
}
