package io.github.hushwall.plan

import io.github.hushwall.bridge.Depth
import io.github.hushwall.settings.Scope
import io.github.hushwall.settings.ScopeKind
import io.github.hushwall.settings.Settings

/** Makes the calls on the builder out of settings and packages. Asks nobody, remembers nothing. */
class Planner(
    readTable: () -> List<VendorPackage>,
    private val apiLevel: Int,
    private val ownPackage: String,
) {
    /** Read when it is first needed: a file, so not by whoever makes the planner. */
    private val table by lazy(readTable)

    /** The plan for [settings] on a phone with [installed] packages (name to uid, as far as Android lets us see). */
    fun plan(settings: Settings, installed: Map<String, Int>): Plan {
        val apps = when (settings.scope.kind) {
            ScopeKind.VENDOR -> allowList(vendorNames(settings.scope, installed), installed)
            ScopeKind.CHOSEN -> allowList(chosenNames(settings.scope, installed), installed)
            ScopeKind.ALL -> allBut(leftOut(settings.scope), installed)
        } ?: return Plan.Empty
        return apps.copy(calls = addressCalls() + routeCalls(settings.depth) + meteredCalls() + apps.calls)
    }

    private fun addressCalls(): List<Call> =
        Addresses.OWN.map { Call.AddAddress(it) } + Addresses.RESOLVERS.map { Call.AddResolver(it) } + Call.SetMtu(MTU)

    private fun routeCalls(depth: Depth): List<Call> = when {
        depth == Depth.DNS -> (Addresses.RESOLVERS + Addresses.ROM_RESOLVERS).map { Call.AddRoute(Prefix.host(it)) }
        apiLevel >= API_EXCLUDE_ROUTE ->
            Addresses.EVERYTHING.map { Call.AddRoute(it) } + Addresses.OUTSIDE.map { Call.ExcludeRoute(it) }
        else -> Addresses.EVERYTHING.flatMap { complement(it, Addresses.OUTSIDE) }.map { Call.AddRoute(it) }
    }

    private fun meteredCalls(): List<Call> = if (apiLevel >= API_METERED) listOf(Call.NotMetered) else emptyList()

    /** All listed names, absent ones too: Android skips those, and an app that comes later is followed by a new plan. */
    private fun vendorNames(scope: Scope, installed: Map<String, Int>): Set<String> {
        val wanted = table.filter {
            when (it.entry) {
                VendorPackage.Entry.ON -> it.name !in scope.vendorOut
                VendorPackage.Entry.OFF -> it.name in scope.vendorIn
                VendorPackage.Entry.NEVER -> false
            }
        }
        val system = table.filter { isSystem(it, installed) }.map { it.name }.toSet()
        val names = wanted.map { it.name }.filter { scope.system || it !in system }.toSet()
        return names - sharingWith(scope.vendorOut - system, installed)
    }

    private fun chosenNames(scope: Scope, installed: Map<String, Int>): Set<String> {
        val never = table.filter { it.entry == VendorPackage.Entry.NEVER }.map { it.name }.toSet()
        return scope.chosen.filter { it !in never && (scope.system || appId(installed[it]) != SYSTEM_UID) }.toSet()
    }

    private fun leftOut(scope: Scope): Set<String> = 
        OUTSIDE_OF_ALL + scope.allOut + if (scope.system) emptySet() else setOf(SYSTEM_PACKAGE)

    private fun isSystem(entry: VendorPackage, installed: Map<String, Int>): Boolean =
        entry.identity == VendorPackage.SYSTEM_IDENTITY || appId(installed[entry.name]) == SYSTEM_UID

    /** A tunnel tells apps apart by uid only: one that is left out takes those of its uid with it. */
    private fun sharingWith(out: Set<String>, installed: Map<String, Int>): Set<String> {
        val uids = out.mapNotNull { installed[it] }.toSet()
        return installed.filterValues { it in uids }.keys
    }

    private fun allowList(names: Set<String>, installed: Map<String, Int>): Plan.Ready? {
        val entering = names - ownPackage
        val covered = entering.filter { it in installed }.toSet()
        if (covered.isEmpty()) return null
        return Plan.Ready(entering.sorted().map { Call.Allow(it) }, covered, coversAll = false)
    }

    private fun allBut(out: Set<String>, installed: Map<String, Int>): Plan.Ready {
        val outside = out + ownPackage
        val calls = outside.sorted().map { Call.Disallow(it) }
        return Plan.Ready(calls, installed.keys - outside - sharingWith(outside, installed), coversAll = true)
    }

    companion object {
        /** The tunnel's MTU: large, since it only shapes what apps hand us. */
        const val MTU: Int = 9000

        /** What breaks inside any tunnel: calls over Wi-Fi, the sign-in pages of Wi-Fis, the car. */
        val OUTSIDE_OF_ALL: Set<String> = setOf(
            "com.qualcomm.qti.cne",
            "com.android.captiveportallogin",
            "com.google.android.captiveportallogin",
            "com.google.android.projection.gearhead",
        )

        private const val API_METERED = 29
        private const val API_EXCLUDE_ROUTE = 33
        private const val SYSTEM_UID = 1000
        private const val SYSTEM_PACKAGE = "android"
        private const val UIDS_PER_USER = 100_000

        private fun appId(uid: Int?): Int? = uid?.rem(UIDS_PER_USER)
    }
}
