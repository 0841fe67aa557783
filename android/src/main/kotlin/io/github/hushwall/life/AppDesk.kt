package io.github.hushwall.life

import io.github.hushwall.control.Shown
import io.github.hushwall.control.StartCause
import io.github.hushwall.control.Watcher
import io.github.hushwall.screens.Desk
import io.github.hushwall.screens.Records
import io.github.hushwall.settings.Settings

/** The app as its screens see it. */
internal class AppDesk(private val life: Life, override val records: Records) : Desk {
    private val controller = life.controller

    override val shown: Shown? get() = controller.shown

    override val everOn: Boolean get() = life.keep.everOn

    override fun watch(watcher: Watcher) = controller.watch(watcher)

    override fun unwatch(watcher: Watcher) = controller.unwatch(watcher)

    override fun turnOn() = controller.turnOn(StartCause.TAP)

    override fun turnOff() = controller.turnOff()

    override fun pause() = controller.pause()

    override fun consentAnswered(granted: Boolean, millis: Long) = controller.consentAnswered(granted, millis)

    override fun change(anew: Boolean, edit: (Settings) -> Settings) = controller.change(anew, edit)

    override fun watchStops(watcher: (String) -> Unit) = life.stops.watch(watcher)

    override fun unwatchStops(watcher: (String) -> Unit) = life.stops.unwatch(watcher)

    override fun refresh() = controller.refresh(unlocked = false)

    override fun outageSeen() = controller.outageSeen()
}
