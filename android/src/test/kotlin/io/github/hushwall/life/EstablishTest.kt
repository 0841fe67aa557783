package io.github.hushwall.life

import android.net.VpnService
import android.os.Build
import io.github.hushwall.control.Established
import io.github.hushwall.control.Failure
import io.github.hushwall.plan.Plan
import io.github.hushwall.plan.Planner
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** Every way in which Android can refuse a tunnel is told apart. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class, shadows = [RecordingBuilder::class])
class EstablishTest {
    private val service by lazy { Robolectric.buildService(HushwallService::class.java).create().get() }
    private val plan = Planner({ listOf(VendorPackage("v.ads", VendorPackage.Entry.ON)) }, Build.VERSION.SDK_INT, "own")
        .plan(Settings(), mapOf("v.ads" to 10_100)) as Plan.Ready

    @Before
    fun begin() = RecordingBuilder.reset()

    private fun builder(): VpnService.Builder = service.Builder()

    private fun refused(): Failure = (establish(builder(), plan) as Established.Refused).failure

    @Test
    fun a_descriptor_is_detached_and_every_call_of_the_plan_was_made() {
        assertTrue((establish(builder(), plan) as Established.Descriptor).fd > 0)
        assertEquals(plan.calls.size, RecordingBuilder.calls.size)
        assertTrue("allow v.ads" in RecordingBuilder.calls && "mtu 9000" in RecordingBuilder.calls)
        assertEquals(Build.VERSION.SDK_INT >= 29, "metered false" in RecordingBuilder.calls)
        assertEquals(Build.VERSION.SDK_INT >= 33, RecordingBuilder.calls.any { it.startsWith("exclude") })
        assertFalse(RecordingBuilder.calls.any { it.startsWith("disallow") })
    }

    @Test
    fun nothing_means_that_somebody_else_has_the_slot() {
        RecordingBuilder.answer = { null }
        assertEquals(Failure.NOT_PREPARED, refused())
    }

    @Test
    fun an_argument_that_android_does_not_take_is_a_bad_plan() {
        RecordingBuilder.answer = { throw IllegalArgumentException("At least one address must be specified") }
        assertEquals(Failure.BAD_PLAN, refused())
        RecordingBuilder.planError = IllegalArgumentException("Bad address")
        assertEquals(Failure.BAD_PLAN, refused())
        RecordingBuilder.planError = UnsupportedOperationException("mixed")
        assertEquals(Failure.BAD_PLAN, refused())
    }

    @Test
    fun a_system_that_cannot_is_told_from_one_that_forbids() {
        RecordingBuilder.answer = { throw IllegalStateException("Cannot create interface") }
        assertEquals(Failure.SYSTEM_REFUSED, refused())
        RecordingBuilder.answer = { throw SecurityException("INTERACT_ACROSS_USERS") }
        assertEquals(Failure.FORBIDDEN, refused())
    }
}
