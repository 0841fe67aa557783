package io.github.hushwall.plan

import io.github.hushwall.bridge.Depth
import io.github.hushwall.plan.VendorPackage.Entry
import io.github.hushwall.settings.Scope
import io.github.hushwall.settings.ScopeKind
import io.github.hushwall.settings.Settings
import java.net.InetAddress
import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** All scopes, API levels, depths and families; what must never be routed never is. */
class PlannerTest {
    private val table = listOf(
        VendorPackage("v.ads", Entry.ON),
        VendorPackage("v.stats", Entry.ON),
        VendorPackage("v.twin", Entry.ON),
        VendorPackage("v.settings", Entry.ON, identity = VendorPackage.SYSTEM_IDENTITY),
        VendorPackage("v.hidden.system", Entry.ON),
        VendorPackage("v.updater", Entry.OFF),
        VendorPackage("v.consent", Entry.NEVER),
    )
    private val phone = mapOf(
        "v.ads" to 10_100, "v.stats" to 10_101, "v.twin" to 10_101, "v.settings" to 1000, "v.hidden.system" to 1000,
        "v.updater" to 10_102, "v.consent" to 10_103, "other.app" to 10_200, OWN to 10_300,
    )

    private fun planner(apiLevel: Int) = Planner({ table }, apiLevel, OWN)

    private fun ready(apiLevel: Int, settings: Settings, installed: Map<String, Int> = phone) =
        planner(apiLevel).plan(settings, installed) as Plan.Ready

    private fun allowed(settings: Settings, installed: Map<String, Int> = phone): Set<String> =
        ready(34, settings, installed).calls.filterIsInstance<Call.Allow>().map { it.app }.toSet()

    @Test
    fun vendor_scope_names_all_listed_packages_absent_ones_too() {
        val only = mapOf("v.ads" to 10_100)
        assertEquals(setOf("v.ads", "v.stats", "v.twin", "v.settings", "v.hidden.system"), allowed(Settings(), only))
        assertEquals(setOf("v.ads"), ready(34, Settings(), only).covered)
    }

    @Test
    fun an_app_that_is_left_out_takes_those_of_its_uid_with_it() {
        val settings = Settings(scope = Scope(vendorOut = setOf("v.stats")))
        assertEquals(setOf("v.ads", "v.settings", "v.hidden.system"), allowed(settings))
    }

    @Test
    fun the_system_is_one_switch_whatever_the_table_knows_of_identities() {
        assertEquals(setOf("v.ads", "v.stats", "v.twin"), allowed(Settings(scope = Scope(system = false))))
        val all = ready(34, Settings(scope = Scope(kind = ScopeKind.ALL, system = false)))
        assertTrue(Call.Disallow("android") in all.calls)
    }

    @Test
    fun what_is_off_by_default_enters_only_when_taken_in_and_what_is_never_does_not() {
        val settings = Settings(scope = Scope(vendorIn = setOf("v.updater", "v.consent")))
        assertTrue("v.updater" in allowed(settings))
        assertFalse("v.consent" in allowed(settings))
    }

    @Test
    fun an_empty_result_is_refused() {
        assertEquals(Plan.Empty, planner(34).plan(Settings(), mapOf("other.app" to 1)))
        assertEquals(Plan.Empty, planner(34).plan(Settings(), emptyMap()))
        val chosen = Settings(scope = Scope(kind = ScopeKind.CHOSEN))
        assertEquals(Plan.Empty, planner(34).plan(chosen, phone))
        val gone = Settings(scope = Scope(kind = ScopeKind.CHOSEN, chosen = setOf("gone", OWN)))
        assertEquals(Plan.Empty, planner(34).plan(gone, phone))
    }

    @Test
    fun all_apps_leave_out_ourselves_and_what_breaks_in_any_tunnel() {
        val plan = ready(30, Settings(scope = Scope(kind = ScopeKind.ALL, allOut = setOf("other.app"))))
        val out = plan.calls.filterIsInstance<Call.Disallow>().map { it.app }.toSet()
        assertEquals(Planner.OUTSIDE_OF_ALL + setOf(OWN, "other.app"), out)
        assertEquals(
            setOf(
                "com.qualcomm.qti.cne", "com.android.captiveportallogin", "com.google.android.captiveportallogin",
                "com.google.android.projection.gearhead",
            ),
            Planner.OUTSIDE_OF_ALL,
        )
        assertTrue(plan.coversAll)
        assertFalse("other.app" in plan.covered || OWN in plan.covered)
    }

    @Test
    fun both_families_always_have_an_address_a_resolver_and_a_route() {
        for (plan in everyPlan()) {
            for (ipv4 in listOf(true, false)) {
                val ours = { address: InetAddress -> Prefix.host(address).ipv4 == ipv4 }
                assertTrue(plan.calls.any { it is Call.AddAddress && ours(it.address) })
                assertTrue(plan.calls.any { it is Call.AddResolver && ours(it.address) })
                assertTrue(plan.calls.any { it is Call.AddRoute && it.prefix.ipv4 == ipv4 })
            }
            assertEquals(listOf(Call.SetMtu(9000)), plan.calls.filterIsInstance<Call.SetMtu>())
        }
    }

    @Test
    fun our_resolvers_are_always_routed_and_lie_outside_what_is_not() {
        for (plan in everyPlan()) for (resolver in Addresses.RESOLVERS) assertTrue(routed(plan, resolver))
        for (own in Addresses.OWN + Addresses.RESOLVERS) assertTrue(Addresses.OUTSIDE.none { it.contains(own) })
    }

    @Test
    fun questions_only_routes_nothing_but_resolvers() {
        for (level in LEVELS) {
            val routes = ready(level, Settings(depth = Depth.DNS)).calls.filterIsInstance<Call.AddRoute>().map { it.prefix }
            assertEquals((Addresses.RESOLVERS + Addresses.ROM_RESOLVERS).map { Prefix.host(it) }, routes)
        }
    }

    @Test
    fun no_address_is_routed_that_must_not_be_and_every_other_is() {
        val random = Random(5)
        for (level in LEVELS) {
            val plan = ready(level, Settings())
            repeat(4_000) {
                val address = address(random)
                assertEquals("$address at $level", Addresses.OUTSIDE.none { it.contains(address) }, routed(plan, address))
            }
            for (edge in edges()) {
                assertEquals("$edge at $level", Addresses.OUTSIDE.none { it.contains(edge) }, routed(plan, edge))
            }
        }
    }

    @Test
    fun the_complement_is_exactly_what_is_not_excluded_and_never_twice() {
        val random = Random(6)
        repeat(60) {
            val whole = if (random.nextBoolean()) Prefix.of("0.0.0.0/0") else Prefix.of("::/0")
            val excluded = List(random.nextInt(6)) {
                var address = address(random)
                while (Prefix.host(address).ipv4 != whole.ipv4) address = address(random)
                Prefix.of(address, random.nextInt(if (whole.ipv4) 33 else 129))
            }
            val rest = complement(whole, excluded)
            repeat(200) {
                val address = address(random)
                val expected = if (whole.contains(address) && excluded.none { it.contains(address) }) 1 else 0
                assertEquals(expected, rest.count { it.contains(address) })
            }
        }
    }

    @Test
    fun calls_of_newer_levels_are_not_made_on_older_ones() {
        for (level in LEVELS) {
            val calls = ready(level, Settings()).calls
            assertEquals(level >= 29, Call.NotMetered in calls)
            assertEquals(level >= 33, calls.any { it is Call.ExcludeRoute })
            assertTrue("so few routes that they fit one transaction", calls.size < 120)
        }
    }

    @Test
    fun whatever_is_chosen_allow_and_disallow_never_mix_and_we_never_enter() {
        val random = Random(7)
        val names = phone.keys.toList() + "absent"
        val some = { names.filter { random.nextInt(3) == 0 }.toSet() }
        repeat(3_000) {
            val kind = ScopeKind.values()[random.nextInt(3)]
            val settings = Settings(Scope(kind, random.nextBoolean(), some(), some(), some(), some()))
            val installed = phone.filterKeys { random.nextInt(3) > 0 }
            val plan = planner(LEVELS.random(random)).plan(settings, installed) as? Plan.Ready ?: return@repeat
            val allowed = plan.calls.filterIsInstance<Call.Allow>().map { it.app }.toSet()
            val disallowed = plan.calls.filterIsInstance<Call.Disallow>().map { it.app }.toSet()
            assertTrue(allowed.isEmpty() || disallowed.isEmpty())
            assertEquals(kind == ScopeKind.ALL, plan.coversAll)
            if (plan.coversAll) assertTrue(OWN in disallowed) else assertFalse(OWN in allowed)
            if (!plan.coversAll) assertTrue(plan.covered.isNotEmpty())
            if (kind == ScopeKind.VENDOR) {
                val out = (settings.scope.vendorOut - setOf("v.settings", "v.hidden.system")).mapNotNull { installed[it] }
                assertTrue(plan.covered.none { installed[it] in out })
                assertFalse("v.consent" in allowed)
            }
            if (!settings.scope.system) assertTrue(allowed.none { installed[it] == 1000 })
        }
    }

    private fun everyPlan(): List<Plan.Ready> = LEVELS.flatMap { level ->
        ScopeKind.values().flatMap { kind ->
            Depth.values().map { depth -> ready(level, Settings(Scope(kind, chosen = setOf("other.app")), depth)) }
        }
    }

    private fun routed(plan: Plan.Ready, address: InetAddress): Boolean {
        val routes = plan.calls.filterIsInstance<Call.AddRoute>().map { it.prefix }
        val excluded = plan.calls.filterIsInstance<Call.ExcludeRoute>().map { it.prefix }
        return routes.any { it.contains(address) } && excluded.none { it.contains(address) }
    }

    private fun address(random: Random): InetAddress {
        val bytes = random.nextBytes(if (random.nextBoolean()) 4 else 16)
        // Half of them near the ranges that matter.
        val near = Addresses.OUTSIDE.filter { it.ipv4 == (bytes.size == 4) }.random(random)
        if (random.nextBoolean()) near.address.address.copyInto(bytes, 0, 0, minOf(1 + random.nextInt(2), bytes.size))
        return InetAddress.getByAddress(bytes)
    }

    private fun edges(): List<InetAddress> = Addresses.OUTSIDE.flatMap { prefix ->
        val first = prefix.address.address
        val width = first.size * 8
        val last = first.copyOf()
        for (bit in prefix.length until width) last[bit / 8] = (last[bit / 8].toInt() or (0x80 shr bit % 8)).toByte()
        listOfNotNull(first, last, step(first, -1), step(last, 1)).map { InetAddress.getByAddress(it) }
    }

    private fun step(from: ByteArray, by: Int): ByteArray? {
        val next = from.copyOf()
        for (index in next.indices.reversed()) {
            next[index] = (next[index] + by).toByte()
            if (next[index] != (if (by > 0) 0 else 0xff).toByte()) return next
        }
        return null
    }

    private companion object {
        const val OWN = "io.github.hushwall"
        val LEVELS = (26..36).toList()
    }
}
