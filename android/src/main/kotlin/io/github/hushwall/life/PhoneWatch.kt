package io.github.hushwall.life

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.Handler
import io.github.hushwall.control.Controller

/** Hears of packages that come and go and of the owner unlocking the phone, while the process lives. */
internal class PhoneWatch(
    private val context: Context,
    private val controller: Controller,
    private val phone: AndroidPhone,
    private val handler: Handler,
) {
    /** Begins to listen; only the system can send what is listened to. */
    fun begin() {
        val packages = IntentFilter().apply {
            addAction(Intent.ACTION_PACKAGE_ADDED)
            addAction(Intent.ACTION_PACKAGE_REMOVED)
            addDataScheme("package")
        }
        context.registerReceiver(onPackage, packages, null, handler)
        context.registerReceiver(onUnlock, IntentFilter(Intent.ACTION_USER_PRESENT), null, handler)
    }

    private val onPackage = object : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) {
            // Of an update the end is told as well: the app keeps its uid, and stays where it is.
            if (intent.action == Intent.ACTION_PACKAGE_REMOVED && intent.getBooleanExtra(Intent.EXTRA_REPLACING, false)) return
            phone.forgetPackages()
            controller.packagesChanged()
        }
    }

    private val onUnlock = object : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) = controller.refresh(unlocked = true)
    }
}
