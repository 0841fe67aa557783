package io.github.hushwall

import android.content.pm.PackageManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

@RunWith(RobolectricTestRunner::class)
class ApplicationTest {
    private val application = RuntimeEnvironment.getApplication()

    @Test
    fun `the launcher opens Home`() {
        assertTrue(application is Hushwall)
        val intent = checkNotNull(application.packageManager.getLaunchIntentForPackage("io.github.hushwall"))
        assertEquals("io.github.hushwall.screens.HomeActivity", intent.component?.className)
    }

    @Test
    fun `nothing is ever backed up`() {
        val info = application.packageManager.getApplicationInfo("io.github.hushwall", PackageManager.GET_META_DATA)
        assertEquals(0, info.flags and android.content.pm.ApplicationInfo.FLAG_ALLOW_BACKUP)
    }
}
