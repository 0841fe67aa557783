package io.github.hushwall.life

import android.content.Context
import android.content.pm.ApplicationInfo
import android.content.pm.PackageManager
import android.graphics.drawable.Drawable
import io.github.hushwall.R
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Explanations
import io.github.hushwall.bridge.Preset
import io.github.hushwall.control.Outage
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.record.StopRow
import io.github.hushwall.screens.Check
import io.github.hushwall.screens.CoveredApp
import io.github.hushwall.screens.ExportForm
import io.github.hushwall.screens.Records
import io.github.hushwall.screens.Stop
import java.io.IOException
import java.text.Collator
import java.util.concurrent.ConcurrentHashMap

/** Files and the system, for the screens. */
internal class AppRecords(
    private val context: Context,
    private val life: Life,
    private val explanations: Explanations,
) : Records {
    private val packages: PackageManager get() = context.packageManager
    private val ticks = Ticks(context)
    private val cards by lazy { context.getSharedPreferences("dismissed", Context.MODE_PRIVATE) }
    private val purposes = ConcurrentHashMap<String, String>()

    override fun stops(): List<Stop> = life.stops.rows().map(::stop)

    override fun explain(ruleId: String): Explanation? = try {
        explanations.explain(ruleId)
    } catch (_: IOException) {
        null
    }

    override fun vendorApps(): List<CoveredApp> {
        val installed = life.phone.installed()
        return life.packages
            .filter { it.name in installed && it.entry != VendorPackage.Entry.NEVER }
            .map {
                CoveredApp(
                    packageName = it.name,
                    label = label(it.name) ?: it.title,
                    system = it.identity == VendorPackage.SYSTEM_IDENTITY || isSystem(installed[it.name]),
                    byDefault = it.entry == VendorPackage.Entry.ON,
                )
            }
            .inOrder()
    }

    override fun allApps(): List<CoveredApp> = packages.getInstalledApplications(0)
        .filter { it.packageName != context.packageName }
        .map { CoveredApp(it.packageName, packages.getApplicationLabel(it).toString(), isSystem(it.uid)) }
        .inOrder()

    /** As the owner's language orders names. */
    private fun List<CoveredApp>.inOrder(): List<CoveredApp> {
        val collator = Collator.getInstance()
        return sortedWith { a, b -> collator.compare(a.label, b.label) }
    }

    override fun outages(): List<Outage> = life.keep.outages().reversed()

    override fun checks(): List<Check> = readChecks(context, life.controller.shown?.facts, ticks, System.currentTimeMillis())

    override fun tick(check: Check.Kind, on: Boolean) = ticks.set(check, on)

    override fun icon(packageName: String): Drawable? = try {
        packages.getApplicationIcon(packageName)
    } catch (_: PackageManager.NameNotFoundException) {
        null
    }

    /** The build writes the assets, one a form and preset. */
    override fun export(form: ExportForm, preset: Preset): String? = try {
        val name = "export/${preset.name.lowercase().replace('_', '-')}-${form.word}.txt"
        context.assets.open(name).bufferedReader().use { it.readText() }
    } catch (_: IOException) {
        null
    }

    override fun dismissed(): Map<String, Long> =
        cards.all.mapNotNull { (kind, at) -> (at as? Long)?.let { kind to it } }.toMap()

    override fun dismiss(kind: String, at: Long) = cards.edit().putLong(kind, at).apply()

    private fun stop(row: StopRow): Stop {
        val identity = row.app?.let { identityOf(it, life.phone.installed()) }
        return stop(row, identity)
    }

    private fun stop(row: StopRow, identity: Identity?) = Stop(
        key = row.key,
        app = row.app?.let { nameOf(it, identity) },
        packageName = row.app,
        purpose = purpose(row.verdict.ruleId),
        last = row.verdict.at,
        times = row.times,
        verdict = row.verdict,
        storm = row.storm,
        shared = identity == Identity.SYSTEM || identity == Identity.SHARED,
    )

    /** Nobody is named for what another with the same identity may have done. */
    private fun nameOf(app: String, identity: Identity?): String {
        val own = label(app) ?: app
        return when (identity) {
            Identity.SYSTEM -> context.getString(R.string.system_app)
            Identity.SHARED -> context.getString(R.string.shared_app, own)
            Identity.OWN, null -> own
        }
    }

    /** Remembered, since an explanation is looked for in a whole file. */
    private fun purpose(ruleId: String): String = purposes.getOrPut(ruleId) { explain(ruleId)?.purpose.orEmpty() }

    private fun label(app: String): String? = info(app)?.let { packages.getApplicationLabel(it).toString() }

    private fun info(app: String): ApplicationInfo? = try {
        packages.getApplicationInfo(app, 0)
    } catch (_: PackageManager.NameNotFoundException) {
        null
    }

    private fun isSystem(uid: Int?): Boolean = uid != null && isSystemUid(uid)
}
