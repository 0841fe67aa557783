package io.github.hushwall.life

import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Intent
import android.content.pm.PackageInfo
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.net.NetworkCapabilities
import android.net.Uri
import android.os.Build
import io.github.hushwall.control.Moment
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.Stance
import io.github.hushwall.control.StartCause
import io.github.hushwall.control.State
import io.github.hushwall.control.Wanted
import java.net.InetAddress
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowActivityManager.ApplicationExitInfoBuilder
import org.robolectric.shadows.ShadowNetwork
import org.robolectric.shadows.ShadowVpnService
import org.robolectric.util.ReflectionHelpers.ClassParameter.from
import org.robolectric.util.ReflectionHelpers.callInstanceMethod

/** What Android announces while the process lives, and what it remembers of the one before. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class, shadows = [RecordingBuilder::class, SaidVpnService::class])
class AnnouncedTest {
    private val stage by lazy { LifeStage() }
    private val session get() = checkNotNull(stage.app.engine.running)

    @Before
    fun begin() = RecordingBuilder.reset()

    @After
    fun end() = SaidVpnService.set(stage.app, alwaysOn = false, lockdown = false)

    private fun packageIntent(action: String, name: String) = Intent(action, Uri.parse("package:$name"))

    @Test
    fun a_vendor_app_that_is_installed_enters_at_once() {
        stage.on()
        assertEquals(1, session.tunnels)
        stage.install("com.miui.msa.global", 10_112)
        stage.announce(packageIntent(Intent.ACTION_PACKAGE_ADDED, "com.miui.msa.global"))
        assertEquals("a new tunnel, for the old one does not know its uid", 2, session.tunnels)
        assertEquals(2, stage.shown.facts.covered)
    }

    @Test
    fun another_app_that_is_installed_and_an_update_change_nothing() {
        stage.on()
        stage.install("org.example.reader", 10_200)
        stage.announce(packageIntent(Intent.ACTION_PACKAGE_ADDED, "org.example.reader"))
        val replaced = packageIntent(Intent.ACTION_PACKAGE_REMOVED, "com.miui.analytics").putExtra(Intent.EXTRA_REPLACING, true)
        stage.announce(replaced)
        assertEquals(1, session.tunnels)
        assertEquals(1, stage.app.engine.sessions.size)
    }

    @Test
    fun an_owner_who_unlocks_gets_what_android_refused_before() {
        stage.consent(given = false)
        stage.wanted(Stance(Wanted.On))
        stage.begin()
        assertNull(shadowOf(stage.app).nextStartedService)
        stage.consent(given = true)
        stage.announce(Intent(Intent.ACTION_USER_PRESENT))
        assertEquals(HushwallService::class.java.name, shadowOf(stage.app).nextStartedService.component?.className)
    }

    @Test
    fun always_on_and_lockdown_are_read_once_the_tunnel_is_up_and_when_the_owner_unlocks() {
        SaidVpnService.set(stage.app, alwaysOn = true, lockdown = true)
        stage.on()
        assertTrue(stage.shown.facts.alwaysOn && stage.shown.facts.lockdown)
        assertEquals("not all apps are covered", State.Lockdown(), stage.shown.state)
        SaidVpnService.set(stage.app, alwaysOn = true, lockdown = false)
        stage.announce(Intent(Intent.ACTION_USER_PRESENT))
        assertFalse(stage.shown.facts.lockdown)
        assertTrue(stage.shown.state is State.Protected)
    }

    @Test
    fun a_pause_under_always_on_keeps_the_service() {
        SaidVpnService.set(stage.app, alwaysOn = true, lockdown = false)
        val service = stage.on().get()
        stage.life.controller.pause()
        stage.settle()
        assertTrue((stage.shown.state as State.Paused).keyStays)
        assertFalse(shadowOf(service).isStoppedBySelf)
    }

    @Test
    fun consent_is_read_without_asking_for_the_slot() {
        ShadowVpnService.setPrepareResult(Intent("question"))
        stage.consent(given = true)
        assertTrue("else prepare would have been asked", stage.life.consent.given())
        stage.consent(given = false)
        ShadowVpnService.setPrepareResult(null)
        assertFalse(stage.life.consent.given())
    }

    @Test
    fun the_network_of_the_moment_is_told_to_the_engine_and_no_network_to_the_owner() {
        stage.on()
        val wifi = ShadowNetwork.newInstance(7)
        announce(wifi, resolver = "192.0.2.53")
        assertEquals(listOf(InetAddress.getByName("192.0.2.53")), session.network.resolvers)
        assertEquals(wifi.networkHandle, session.network.handle)
        assertTrue(stage.shown.state is State.Protected)
        callbacks().forEach { it.onLost(wifi) }
        stage.settle()
        assertEquals(State.NoNetwork, stage.shown.state)
        announce(ShadowNetwork.newInstance(8), resolver = "198.51.100.53")
        assertEquals(listOf(InetAddress.getByName("198.51.100.53")), session.network.resolvers)
        assertTrue(stage.shown.state is State.Protected)
        assertEquals("the tunnel stays", 1, session.tunnels)
        assertTrue("and follows by itself", RecordingBuilder.calls.none { "underlying" in it })
    }

    @Test
    @Config(sdk = [34, 36])
    fun a_strict_private_dns_is_said_with_its_host() {
        stage.on()
        announce(ShadowNetwork.newInstance(7), resolver = "192.0.2.53") {
            callInstanceMethod<Any>(it, "setPrivateDnsServerName", from(String::class.java, "dns.example"))
        }
        assertEquals(State.InPart("dns.example"), stage.shown.state)
    }

    @Test
    @Config(sdk = [34, 36])
    fun the_time_of_death_is_androids() {
        val now = System.currentTimeMillis()
        stage.consent(given = true)
        val died = ApplicationExitInfoBuilder.newBuilder().setTimestamp(now - 600_000)
            .setReason(ApplicationExitInfo.REASON_USER_REQUESTED).build()
        shadowOf(stage.app.getSystemService(ActivityManager::class.java)).addApplicationExitInfo(died)
        stage.wanted(Stance(Wanted.On, upSince = now - 7_200_000))
        stage.begin()
        stage.service(null)
        val outage = checkNotNull(stage.shown.facts.outage)
        assertEquals(Moment.at(now - 600_000), outage.from)
        assertEquals(OutageCause.KILLED, outage.cause)
    }

    @Test
    fun an_update_that_android_tells_of_brings_it_back() {
        stage.consent(given = true)
        stage.wanted(Stance(Wanted.On, upSince = System.currentTimeMillis() - 60_000))
        stage.begin()
        shadowOf(stage.app).clearStartedServices()
        stage.life.controller.refused(io.github.hushwall.control.Failure.FOREGROUND_REFUSED)
        stage.settle()
        ActionReceiver().onReceive(stage.app, Intent(Intent.ACTION_MY_PACKAGE_REPLACED))
        stage.settle()
        assertEquals(HushwallService::class.java.name, shadowOf(stage.app).nextStartedService.component?.className)
    }

    private fun callbacks() = shadowOf(stage.app.getSystemService(ConnectivityManager::class.java)).networkCallbacks.toList()

    private fun announce(network: Network, resolver: String, fill: (LinkProperties) -> Unit = {}) {
        val links = LinkProperties()
        callInstanceMethod<Any>(links, "setDnsServers", from(java.util.Collection::class.java, listOf(InetAddress.getByName(resolver))))
        fill(links)
        val capabilities = NetworkCapabilities::class.java.getDeclaredConstructor().newInstance()
        shadowOf(capabilities).addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
        for (callback in callbacks()) {
            callback.onAvailable(network)
            callback.onCapabilitiesChanged(network, capabilities)
            callback.onLinkPropertiesChanged(network, links)
        }
        stage.settle()
    }
}
