package io.github.hushwall.life

import io.github.hushwall.bridge.Explanations
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.screens.Stop
import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** Android tells apps apart by uid; nobody is named for what another with the same uid may have done. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class)
class IdentityTest {
    private val stage by lazy { LifeStage() }
    private val installed = mapOf(
        "com.android.settings" to 1000, "com.miui.securitycenter" to 1000, "phone" to 1001,
        "downloads" to 10_050, "media" to 10_050, "com.miui.analytics" to 10_111, "of.another.user" to 99_901_000,
    )

    @Test
    fun a_uid_of_the_system_or_of_several_packages_is_nobodys_own() {
        assertEquals(Identity.SYSTEM, identityOf("com.miui.securitycenter", installed))
        assertEquals(Identity.SYSTEM, identityOf("of.another.user", installed))
        assertEquals(Identity.SHARED, identityOf("phone", installed))
        assertEquals(Identity.SHARED, identityOf("media", installed))
        assertEquals(Identity.OWN, identityOf("com.miui.analytics", installed))
        assertEquals(null, identityOf("gone", installed))
    }

    private fun stopped(uid: Int, vararg names: String): Stop {
        for (name in names) stage.install(name, uid)
        shadowOf(stage.app.packageManager).setPackagesForUid(uid, *names)
        stage.life.stops.stopped(
            Verdict(
                System.currentTimeMillis(), uid, Verdict.Transport.TCP, Verdict.Seen.SNI, "ads.example",
                InetAddress.getByAddress(byteArrayOf(1, 2, 3, 4)), 443, 0, Verdict.Tier.LIST, "rule", "list", "",
            ),
        )
        return AppRecords(stage.app, stage.life, Explanations { null }).stops().single()
    }

    @Test
    fun what_a_part_of_the_system_did_names_no_part() {
        val stop = stopped(1000, "com.android.settings", "com.miui.securitycenter")
        assertEquals("A part of the system", stop.app)
        assertTrue("one rule is for all of them", stop.shared)
    }

    @Test
    fun what_one_of_two_did_names_it_with_a_doubt() {
        val stop = stopped(10_050, "downloads", "media")
        assertTrue(stop.app, stop.app.orEmpty().endsWith(", or an app that shares its identity"))
        assertTrue(stop.shared)
    }

    @Test
    fun apps_to_choose_from_are_in_the_order_of_their_names() {
        for (name in listOf("b.reader", "a.reader", "C.reader")) stage.install(name, 10_200 + name.hashCode() % 50)
        val all = AppRecords(stage.app, stage.life, Explanations { null }).allApps().map { it.label }
        assertEquals(listOf("a.reader", "b.reader", "C.reader"), all.filter { it.endsWith(".reader") })
    }

    @Test
    fun an_app_of_its_own_is_named() {
        val stop = stopped(10_111, "com.miui.analytics")
        assertEquals("com.miui.analytics", stop.packageName)
        assertFalse(stop.app.orEmpty().contains("identity"))
        assertFalse(stop.shared)
    }
}
