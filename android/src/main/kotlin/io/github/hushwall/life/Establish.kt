package io.github.hushwall.life

import android.net.VpnService
import io.github.hushwall.control.Established
import io.github.hushwall.control.Failure
import io.github.hushwall.plan.Plan

/** Makes a tunnel by [builder], and tells apart every way in which Android says no. */
fun establish(builder: VpnService.Builder, plan: Plan.Ready): Established {
    try {
        applyPlan(builder, plan)
    } catch (_: IllegalArgumentException) {
        return Established.Refused(Failure.BAD_PLAN)
    } catch (_: UnsupportedOperationException) {
        return Established.Refused(Failure.BAD_PLAN)
    }
    val descriptor = try {
        builder.establish()
    } catch (_: IllegalArgumentException) {
        return Established.Refused(Failure.BAD_PLAN)
    } catch (_: IllegalStateException) {
        return Established.Refused(Failure.SYSTEM_REFUSED)
    } catch (_: SecurityException) {
        return Established.Refused(Failure.FORBIDDEN)
    }
    // Nothing is what an app gets that is not, or no longer, the prepared one.
    return descriptor?.let { Established.Descriptor(it.detachFd()) } ?: Established.Refused(Failure.NOT_PREPARED)
}
