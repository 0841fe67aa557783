package io.github.hushwall.life

import android.content.Context
import android.content.Intent
import android.net.Uri
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.record.StopLog

/** Whose a uid is, by Android; remembered, since it is asked for every verdict. */
internal class PhoneApps(private val context: Context, private val vendor: () -> List<VendorPackage>) : StopLog.Apps {
    private val names = HashMap<Int, String?>()
    private val vendors by lazy { vendor().map { it.name }.toSet() - browsers() }

    /** Of several packages with one uid the vendor's known one stands for all. */
    override fun packageOf(uid: Int): String? = synchronized(names) {
        names.getOrPut(uid) {
            val packages = try {
                context.packageManager.getPackagesForUid(uid).orEmpty()
            } catch (_: SecurityException) {
                // Of another user of the phone.
                emptyArray()
            }
            packages.firstOrNull { name -> vendor().any { it.name == name } } ?: packages.minOrNull()
        }
    }

    override fun isVendors(app: String): Boolean = app in vendors

    /** Known browsers, and whatever opens any web page on this phone. */
    private fun browsers(): Set<String> {
        val page = Intent(Intent.ACTION_VIEW, Uri.parse("http://example.com/")).addCategory(Intent.CATEGORY_BROWSABLE)
        val found = context.packageManager.queryIntentActivities(page, 0).map { it.activityInfo.packageName }
        return found.toSet() + setOf("com.android.browser", "com.mi.globalbrowser", "com.mi.globalbrowser.mini")
    }
}
