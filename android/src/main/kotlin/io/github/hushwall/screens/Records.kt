package io.github.hushwall.screens

import android.graphics.drawable.Drawable
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Preset
import io.github.hushwall.control.Outage

/** What the app keeps in files and asks the system for. Blocks: never call it from the main thread. */
interface Records {
    /** What was stopped, the latest first. */
    fun stops(): List<Stop>

    /** The stop of that key, or `null` if it is no longer kept. */
    fun stop(key: String): Stop? = stops().firstOrNull { it.key == key }

    /** What the built-in list knows of a rule. */
    fun explain(ruleId: String): Explanation?

    /** Apps of the vendor's list on this phone. */
    fun vendorApps(): List<CoveredApp>

    /** Every app on this phone that Android lets us see. */
    fun allApps(): List<CoveredApp>

    /** Outages of the last seven days, the latest first. */
    fun outages(): List<Outage>

    /** What keeps the app running, as far as it can be read. */
    fun checks(): List<Check>

    /** The owner ticked what cannot be read. */
    fun tick(check: Check.Kind, on: Boolean)

    /** The icon of a package; `null` where it has none to show. */
    fun icon(packageName: String): Drawable?

    /** The built-in list as [preset] has it, in another app's form; `null` if there is none. */
    fun export(form: ExportForm, preset: Preset): String?

    /** Cards that the owner dismissed: by kind, when what they told of had happened. */
    fun dismissed(): Map<String, Long>

    /** The owner dismissed what a card of [kind] told of [at] that time. */
    fun dismiss(kind: String, at: Long)
}
