package io.github.hushwall.screens

import android.os.Bundle
import io.github.hushwall.R
import io.github.hushwall.control.Shown
import io.github.hushwall.settings.Scope
import io.github.hushwall.settings.ScopeKind

/** Which apps are covered: three choices, each with its price, and a switch an app. */
class AppsActivity : LongPage() {
    override val titleId = R.string.apps_title
    private var vendor: List<CoveredApp>? = null
    private var all: List<CoveredApp>? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        errands.run({ desk.records.vendorApps() to desk.records.allApps() }) {
            vendor = it.first
            all = it.second
            redraw()
        }
    }

    override fun Pieces.draw(shown: Shown?) {
        val scope = shown?.settings?.scope ?: Scope()
        kind(scope, ScopeKind.VENDOR, R.string.scope_vendor_title, R.string.scope_vendor)
        kind(scope, ScopeKind.CHOSEN, R.string.scope_chosen_title, R.string.scope_chosen_about)
        kind(scope, ScopeKind.ALL, R.string.scope_all_title, R.string.scope_all)
        section(getString(R.string.apps_found))
        val vendor = vendor ?: return paragraph(getString(R.string.loading), soft = true).let {}
        val apps = when (scope.kind) {
            ScopeKind.VENDOR -> vendorApps(scope, vendor)
            ScopeKind.CHOSEN -> all.orEmpty().map { app ->
                app(app, Choice.PART_OF, app.packageName in scope.chosen) { on, it -> it.copy(chosen = it.chosen.with(app, on)) }
            }
            ScopeKind.ALL -> all.orEmpty().map { app ->
                app(app, Choice.ON_OFF, app.packageName !in scope.allOut) { on, it -> it.copy(allOut = it.allOut.with(app, !on)) }
            }
        }
        rows(apps + Row("footer") { paragraph(getString(R.string.apps_footer), soft = true) })
    }

    private fun Pieces.kind(scope: Scope, kind: ScopeKind, title: Int, price: Int) =
        choice(getString(title), getString(price), Choice.ONE_OF, scope.kind == kind) { change { it.copy(kind = kind) } }

    private fun vendorApps(scope: Scope, apps: List<CoveredApp>): List<Row> {
        val (system, single) = apps.partition { it.system }
        val parts = if (system.isEmpty()) emptyList() else listOf(Row("system") { systemParts(scope, system.size) })
        return parts + single.map { app ->
            val on = if (app.byDefault) app.packageName !in scope.vendorOut else app.packageName in scope.vendorIn
            app(app, Choice.ON_OFF, on) { turnOn, it ->
                if (app.byDefault) it.copy(vendorOut = it.vendorOut.with(app, !turnOn))
                else it.copy(vendorIn = it.vendorIn.with(app, turnOn))
            }
        }
    }

    private fun Pieces.systemParts(scope: Scope, count: Int) {
        val title = resources.getQuantityString(R.plurals.system_parts, count, count)
        choice(title, getString(R.string.system_why), Choice.ON_OFF, scope.system) { change { it.copy(system = !it.system) } }
    }

    private fun app(app: CoveredApp, kind: Choice, on: Boolean, edit: (Boolean, Scope) -> Scope) = Row(app.packageName) {
        choice(app.label, words.address(app.packageName), kind, on) { change { edit(!on, it) } }
    }

    private fun change(edit: (Scope) -> Scope) = desk.change { it.copy(scope = edit(it.scope)) }

    private fun Set<String>.with(app: CoveredApp, present: Boolean) =
        if (present) this + app.packageName else this - app.packageName
}
