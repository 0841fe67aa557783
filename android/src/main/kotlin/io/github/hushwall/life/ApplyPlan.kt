package io.github.hushwall.life

import android.content.pm.PackageManager
import android.net.IpPrefix
import android.net.VpnService
import android.os.Build
import io.github.hushwall.SinceApi
import io.github.hushwall.plan.Call
import io.github.hushwall.plan.Plan
import io.github.hushwall.plan.Prefix

/**
 * Makes a plan's calls on [builder].
 *
 * The networks beneath are not named: then Android takes the default network, and follows it from one to the next. Our own
 * package is outside the tunnel, so the default network is where our sockets go; naming it would only be late.
 */
fun applyPlan(builder: VpnService.Builder, plan: Plan.Ready) {
    for (call in plan.calls) {
        when (call) {
            is Call.AddAddress -> builder.addAddress(call.address, call.address.address.size * 8)
            is Call.AddResolver -> builder.addDnsServer(call.address)
            is Call.AddRoute -> builder.addRoute(call.prefix.address, call.prefix.length)
            is Call.ExcludeRoute -> if (Build.VERSION.SDK_INT >= 33) excludeRoute(builder, call.prefix)
            is Call.Allow -> known { builder.addAllowedApplication(call.app) }
            is Call.Disallow -> known { builder.addDisallowedApplication(call.app) }
            is Call.SetMtu -> builder.setMtu(call.mtu)
            is Call.NotMetered -> if (Build.VERSION.SDK_INT >= 29) notMetered(builder)
        }
    }
}

/** Android says that it throws for a package that is not there, and accepts it silently; either is right. */
private fun known(call: () -> Unit) = try {
    call()
} catch (_: PackageManager.NameNotFoundException) {
    Unit
}

@SinceApi(33)
private fun excludeRoute(builder: VpnService.Builder, prefix: Prefix) {
    builder.excludeRoute(IpPrefix(prefix.address, prefix.length))
}

@SinceApi(29)
private fun notMetered(builder: VpnService.Builder) {
    builder.setMetered(false)
}
