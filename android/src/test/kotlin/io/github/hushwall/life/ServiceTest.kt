package io.github.hushwall.life

import android.app.NotificationManager
import android.app.Service
import android.content.Intent
import android.content.pm.PackageManager
import android.content.pm.ServiceInfo
import android.net.ConnectivityManager
import android.net.LinkAddress
import android.net.LinkProperties
import android.net.VpnService
import android.os.Build
import io.github.hushwall.R
import io.github.hushwall.control.Failure
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.StartCause
import io.github.hushwall.control.State
import io.github.hushwall.control.Stance
import io.github.hushwall.control.Tunnel
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff
import io.github.hushwall.plan.Addresses
import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowNetwork
import org.robolectric.shadows.ShadowVpnService
import org.robolectric.util.ReflectionHelpers.ClassParameter.from
import org.robolectric.util.ReflectionHelpers.callInstanceMethod

/** The service's life among Android's own classes. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class, shadows = [RecordingBuilder::class])
class ServiceTest {
    private val stage by lazy { LifeStage() }
    private val controller get() = stage.life.controller
    private val notifications get() = shadowOf(stage.app.getSystemService(NotificationManager::class.java))

    @Before
    fun begin() = RecordingBuilder.reset()

    private fun on() = stage.on()

    @Test
    fun with_consent_a_wanted_start_asks_android_for_the_service() {
        stage.consent(given = true)
        stage.begin()
        assertNull(shadowOf(stage.app).nextStartedService)
        controller.turnOn(StartCause.TAP)
        stage.settle()
        assertEquals(HushwallService::class.java.name, shadowOf(stage.app).nextStartedService.component?.className)
    }

    @Test
    fun the_service_goes_to_the_foreground_and_the_state_is_on() {
        val service = on().get()
        assertTrue(stage.shown.state is State.Protected)
        val shadow = shadowOf(service)
        assertEquals(Notices.STANDING_ID, shadow.lastForegroundNotificationId)
        assertEquals(Notices.PROTECTION, shadow.lastForegroundNotification.channelId)
        if (Build.VERSION.SDK_INT >= 34) {
            assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED, service.foregroundServiceType)
        }
    }

    @Test
    fun without_consent_a_wanted_start_is_one_message_and_an_end() {
        stage.consent(given = false)
        stage.begin()
        controller.turnOn(StartCause.TILE)
        stage.settle()
        assertNull("no service is asked for", shadowOf(stage.app).nextStartedService)
        assertEquals(Failure.NO_CONSENT, (stage.shown.facts.tunnel as Tunnel.Failed).cause)
        assertEquals(1, notifications.size())
        controller.turnOn(StartCause.TILE)
        stage.settle()
        assertEquals("not a second one", 1, notifications.size())
    }

    @Test
    fun a_service_that_android_starts_without_consent_ends_and_does_not_come_back() {
        stage.consent(given = false)
        stage.begin()
        val service = org.robolectric.Robolectric.buildService(HushwallService::class.java).create().get()
        assertEquals(Service.START_NOT_STICKY, service.onStartCommand(null, 0, 1))
        assertTrue(shadowOf(service).isStoppedBySelf)
        assertTrue("it went to the foreground, as a start that was asked for has to", shadowOf(service).isForegroundStopped)
    }

    @Test
    fun a_service_that_was_asked_for_goes_to_the_foreground_though_consent_is_gone_by_then() {
        stage.consent(given = true)
        stage.begin()
        controller.turnOn(StartCause.TILE)
        stage.settle()
        val asked = checkNotNull(shadowOf(stage.app).nextStartedService)
        stage.consent(given = false)
        val shadow = shadowOf(stage.service(asked).get())
        assertEquals("else Android ends the process", Notices.STANDING_ID, shadow.lastForegroundNotificationId)
        assertTrue(shadow.isForegroundStopped && shadow.isStoppedBySelf)
        assertEquals(Failure.NO_CONSENT, (stage.shown.facts.tunnel as Tunnel.Failed).cause)
        assertTrue(stage.app.engine.sessions.isEmpty())
    }

    @Test
    fun a_running_service_is_sticky_and_a_null_intent_is_a_kill() {
        val controller = on()
        assertEquals(Service.START_STICKY, controller.get().onStartCommand(null, 0, 2))
        stage.settle()
        assertEquals(1, stage.app.engine.sessions.size)
        assertEquals(StartCause.STICKY, HushwallService.causeOf(null))
        assertEquals(StartCause.SYSTEM, HushwallService.causeOf(Intent(VpnService.SERVICE_INTERFACE)))
    }

    @Test
    fun always_on_starts_us_though_nobody_tapped() {
        stage.consent(given = true)
        stage.begin()
        assertEquals(State.Off, stage.shown.state)
        stage.service(Intent(VpnService.SERVICE_INTERFACE))
        assertTrue(stage.shown.state is State.Protected)
    }

    @Test
    fun a_start_without_a_tap_takes_the_slot_only_if_prepare_agrees() {
        ShadowVpnService.setPrepareResult(Intent("question"))
        stage.consent(given = true)
        stage.wanted(Stance(Wanted.On))
        ShadowVpnService.setPrepareResult(Intent("question"))
        stage.begin()
        stage.service()
        assertEquals(Failure.NO_CONSENT, (stage.shown.facts.tunnel as Tunnel.Failed).cause)
        assertTrue(stage.app.engine.sessions.isEmpty())
    }

    @Test
    fun a_revocation_ends_the_session_and_the_service() {
        val service = on().get()
        service.onRevoke()
        stage.settle()
        stage.pass(2_001)
        assertEquals(State.TurnedOff, stage.shown.state)
        assertTrue(stage.app.engine.descriptors.isEmpty())
        assertTrue(shadowOf(service).isStoppedBySelf && shadowOf(service).isForegroundStopped)
    }

    @Test
    fun the_end_of_a_run_does_not_end_a_start_that_is_on_its_way() {
        val service = on().get()
        controller.turnOff()
        controller.turnOn(StartCause.TAP)
        service.onStartCommand(Intent(stage.app, HushwallService::class.java), 0, 2)
        stage.settle()
        assertEquals("Android is asked to end the first start only", 1, shadowOf(service).stopSelfResultId)
        assertTrue(stage.shown.state is State.Protected)
        assertEquals(2, stage.app.engine.sessions.size)
    }

    // Android 8 makes addresses by a method that no JVM has.
    @Test
    @Config(sdk = [34, 36])
    fun a_tunnel_that_android_no_longer_has_is_made_anew() {
        on()
        val callbacks = shadowOf(stage.app.getSystemService(ConnectivityManager::class.java)).networkCallbacks
        val tunnel = ShadowNetwork.newInstance(5)
        val address = LinkAddress::class.java.getDeclaredConstructor(InetAddress::class.java, Int::class.javaPrimitiveType)
            .apply { isAccessible = true }.newInstance(Addresses.OWN.first(), 32)
        val links = LinkProperties()
        callInstanceMethod<Any>(links, "addLinkAddress", from(LinkAddress::class.java, address))
        callbacks.forEach { it.onLinkPropertiesChanged(tunnel, links) }
        callbacks.forEach { it.onLost(tunnel) }
        stage.settle()
        assertEquals(1, stage.app.engine.sessions.size)
        stage.pass(3_001)
        assertEquals(2, stage.app.engine.sessions.size)
        assertEquals(OutageCause.KILLED, stage.life.keep.outages().single().cause)
    }

    @Test
    fun a_service_that_does_not_come_leaves_no_notification_standing() {
        stage.consent(given = true)
        stage.begin()
        controller.turnOn(StartCause.TAP)
        stage.settle()
        assertNull(notifications.getNotification(Notices.STANDING_ID))
        stage.pass(5_002)
        assertTrue(stage.shown.state is State.NotRunning)
        assertNull(notifications.getNotification(Notices.STANDING_ID))
    }

    @Test
    fun a_swiped_card_and_scarce_memory_change_nothing() {
        val service = on().get()
        service.onTaskRemoved(Intent())
        service.onTrimMemory(80)
        service.onLowMemory()
        stage.settle()
        assertTrue(stage.shown.state is State.Protected)
        assertFalse(shadowOf(service).isStoppedBySelf)
    }

    @Test
    fun the_phone_starts_and_what_was_wanted_comes_back() {
        stage.consent(given = true)
        stage.wanted(Stance(Wanted.On))
        stage.begin()
        ActionReceiver().onReceive(stage.app, Intent(Intent.ACTION_BOOT_COMPLETED))
        stage.settle()
        assertNotNull(shadowOf(stage.app).nextStartedService)
        assertNull("once", shadowOf(stage.app).nextStartedService)
        stage.service()
        assertTrue(stage.shown.state is State.Protected)
    }

    @Test
    fun the_phone_starts_and_what_was_not_wanted_stays_off() {
        stage.consent(given = true)
        stage.wanted(Stance(Wanted.Off(WhyOff.OWNER)))
        stage.begin()
        for (action in listOf(Intent.ACTION_BOOT_COMPLETED, Intent.ACTION_MY_PACKAGE_REPLACED, ActionReceiver.WAKE)) {
            ActionReceiver().onReceive(stage.app, Intent(action))
        }
        stage.settle()
        assertNull(shadowOf(stage.app).nextStartedService)
    }

    @Test
    fun a_process_that_was_killed_tells_of_the_outage_when_it_is_back() {
        stage.consent(given = true)
        val up = System.currentTimeMillis() - 3_600_000
        android.os.SystemClock.setCurrentTimeMillis(System.currentTimeMillis())
        org.robolectric.shadows.ShadowSystemClock.advanceBy(java.time.Duration.ofDays(2))
        stage.wanted(Stance(Wanted.On, upSince = up))
        stage.begin()
        stage.service(null)
        val outage = checkNotNull(stage.shown.facts.outage)
        assertEquals(OutageCause.KILLED, outage.cause)
        assertEquals(up, outage.from.earliest)
        assertEquals(listOf(outage), stage.life.keep.outages())
        assertTrue(notifications.allNotifications.any { it.channelId == Notices.OUTAGES })
    }

    @Test
    fun a_pause_from_the_notification_ends_by_an_alarm() {
        on()
        ActionReceiver().onReceive(stage.app, Intent(ActionReceiver.PAUSE))
        stage.settle()
        assertTrue(stage.shown.state is State.Paused)
        val alarms = shadowOf(stage.app.getSystemService(android.app.AlarmManager::class.java))
        assertEquals(1, alarms.scheduledAlarms.size)
        ActionReceiver().onReceive(stage.app, Intent(ActionReceiver.TURN_ON))
        stage.settle()
        assertTrue(stage.shown.state is State.Protected)
        assertEquals(0, alarms.scheduledAlarms.size)
    }

    @Test
    fun the_standing_notification_is_silent_and_says_the_state() {
        on()
        val standing = notifications.getNotification(Notices.STANDING_ID)
        assertEquals(stage.app.getString(R.string.state_on), standing.extras.getCharSequence("android.title").toString())
        assertEquals(2, standing.actions.size)
        val channel = stage.app.getSystemService(NotificationManager::class.java).getNotificationChannel(Notices.PROTECTION)
        assertEquals(NotificationManager.IMPORTANCE_LOW, channel.importance)
        assertFalse(channel.canShowBadge())
    }

    @Test
    fun detail_is_in_the_notification_if_the_owner_wants_it_and_it_is_not_posted_again_for_its_age() {
        on()
        val text = { notifications.getNotification(Notices.STANDING_ID).extras.getCharSequence("android.text")?.toString() }
        assertNull(text())
        controller.change { it.copy(detail = true) }
        stage.settle()
        assertEquals("1 app covered", text())
        val posted = notifications.getNotification(Notices.STANDING_ID)
        checkNotNull(stage.app.engine.running).lastSeen = System.currentTimeMillis()
        controller.refresh(unlocked = false)
        stage.settle()
        assertNotNull("seen", (stage.shown.state as State.Protected).lastSeen)
        assertTrue(posted === notifications.getNotification(Notices.STANDING_ID))
    }

    @Test
    fun the_manifest_says_what_android_asks_of_a_vpn() {
        val info = stage.app.packageManager.getServiceInfo(
            android.content.ComponentName(stage.app, HushwallService::class.java), PackageManager.GET_META_DATA,
        )
        assertEquals("android.permission.BIND_VPN_SERVICE", info.permission)
        assertFalse(info.exported)
        assertTrue(info.metaData.getBoolean(VpnService.SERVICE_META_DATA_SUPPORTS_ALWAYS_ON))
    }
}
