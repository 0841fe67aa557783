package io.github.hushwall.screens

import android.content.ContentResolver
import android.content.Context
import android.content.SharedPreferences
import android.content.pm.PackageManager
import android.os.Looper
import java.io.File
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowContextImpl

/** A context that throws when the app's own code asks it for files or for the system on the main thread, while [watching]. */
@Implements(className = ShadowContextImpl.CLASS_NAME)
class WatchedContext : ShadowContextImpl() {
    @RealObject
    private lateinit var real: Context

    @Implementation
    public override fun getSystemService(name: String): Any? {
        look("getSystemService $name")
        return super.getSystemService(name)
    }

    @Implementation
    public override fun getContentResolver(): ContentResolver {
        look("getContentResolver")
        return super.getContentResolver()
    }

    @Implementation
    public override fun getSharedPreferences(name: String?, mode: Int): SharedPreferences {
        look("getSharedPreferences")
        return super.getSharedPreferences(name, mode)
    }

    @Implementation
    fun getPackageManager(): PackageManager {
        look("getPackageManager")
        return Shadow.directlyOn(real, CLASS_NAME, "getPackageManager")
    }

    @Implementation
    fun getFilesDir(): File {
        look("getFilesDir")
        return Shadow.directlyOn(real, CLASS_NAME, "getFilesDir")
    }

    companion object {
        /** Whether anything is minded. */
        @Volatile
        var watching = false

        /** What wraps a context, and the ways in which an Activity forwards to it. */
        private val wrappers = listOf(
            "android.content.Context", "android.app.ContextImpl", "android.view.ContextThemeWrapper", "org.robolectric.internal",
            "org.robolectric.shadow.api", "java.", "jdk.",
        )
        private val forwards = setOf("getSystemService", "getPreferences", "getPackageManager", "getContentResolver", "getSharedPreferences")

        /** What the framework, or the stage of the test, asks for itself is its own affair. */
        fun look(what: String) {
            if (!watching || Looper.myLooper() != Looper.getMainLooper()) return
            val caller = Thread.currentThread().stackTrace.drop(1).first { frame ->
                val wraps = wrappers.any { frame.className.startsWith(it) } || frame.className.startsWith(WatchedContext::class.java.name)
                val forwarded = frame.className.startsWith("android.app.") && frame.methodName in forwards
                !wraps && !forwarded
            }
            check(!caller.className.startsWith("io.github.hushwall")) { "$what on the main thread by $caller" }
        }
    }
}
