package io.github.hushwall.plan

import org.junit.Assert.assertEquals
import org.junit.Test

/** The table that travels in the app. */
class PackageTableTest {
    @Test
    fun a_line_is_a_package() {
        val line = "com.android.settings\ton\tandroid.uid.system\t\tSettings\tThe settings of the system.\n"
        val expected = VendorPackage(
            "com.android.settings", VendorPackage.Entry.ON, VendorPackage.SYSTEM_IDENTITY, null, "Settings",
            "The settings of the system.",
        )
        assertEquals(listOf(expected), PackageTable.parse(line))
    }

    @Test
    fun a_damaged_line_is_left_out_and_costs_no_other() {
        val good = "a.b\toff\t\tthemes\tA\tB."
        for (length in good.indices) {
            val found = PackageTable.parse(good.substring(0, length) + "\n" + good)
            assertEquals("a.b", found.last().name)
        }
        assertEquals(emptyList<VendorPackage>(), PackageTable.parse("a.b\tperhaps\t\t\t\t"))
    }
}
