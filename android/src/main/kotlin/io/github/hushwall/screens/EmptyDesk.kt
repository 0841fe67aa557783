package io.github.hushwall.screens

import android.graphics.drawable.Drawable
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Preset
import io.github.hushwall.control.Outage
import io.github.hushwall.control.Shown
import io.github.hushwall.control.Watcher
import io.github.hushwall.settings.Settings

/** A desk without an app behind it: nothing is on, nothing is known. */
internal object EmptyDesk : Desk {
    override val shown: Shown? = null
    override val everOn = false
    override fun watch(watcher: Watcher) = Unit
    override fun unwatch(watcher: Watcher) = Unit
    override fun watchStops(watcher: (String) -> Unit) = Unit
    override fun unwatchStops(watcher: (String) -> Unit) = Unit
    override fun turnOn() = Unit
    override fun turnOff() = Unit
    override fun pause() = Unit
    override fun consentAnswered(granted: Boolean, millis: Long) = Unit
    override fun change(anew: Boolean, edit: (Settings) -> Settings) = Unit
    override fun refresh() = Unit
    override fun outageSeen() = Unit

    override val records: Records = object : Records {
        override fun stops(): List<Stop> = emptyList()
        override fun explain(ruleId: String): Explanation? = null
        override fun vendorApps(): List<CoveredApp> = emptyList()
        override fun allApps(): List<CoveredApp> = emptyList()
        override fun outages(): List<Outage> = emptyList()
        override fun checks(): List<Check> = emptyList()
        override fun tick(check: Check.Kind, on: Boolean) = Unit
        override fun icon(packageName: String): Drawable? = null
        override fun export(form: ExportForm, preset: Preset): String? = null
        override fun dismissed(): Map<String, Long> = emptyMap()
        override fun dismiss(kind: String, at: Long) = Unit
    }
}
