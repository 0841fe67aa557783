package io.github.hushwall

import io.github.hushwall.bridge.Explanations
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.RecordsFile
import io.github.hushwall.life.AppRecords
import io.github.hushwall.life.Life
import io.github.hushwall.life.LifeApp
import io.github.hushwall.plan.Plan
import io.github.hushwall.plan.Planner
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.screens.ExportForm
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** The files that the build puts into the APK, read as the app reads them. `./build.sh apk` writes them. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class)
class AssetsTest {
    private val app = RuntimeEnvironment.getApplication() as LifeApp
    private val life = Life(app, { app.engine })
    private val explanations = RecordsFile { app.assets.open("explanations.txt") }
    private val records = AppRecords(app, life, explanations)

    @Test
    fun `the table of packages is read, and a phone with one of them is covered`() {
        assertTrue("${life.packages.size} packages", life.packages.size > 20)
        assertTrue(life.packages.any { it.identity == VendorPackage.SYSTEM_IDENTITY })
        val planner = Planner(life::packages, 34, app.packageName)
        val one = life.packages.first { it.entry == VendorPackage.Entry.ON && it.identity == null }
        assertEquals(setOf(one.name), (planner.plan(Settings(), mapOf(one.name to 10_111)) as Plan.Ready).covered)
    }

    @Test
    fun `every rule of the list is explained`() {
        val lines = app.assets.open("explanations.txt").bufferedReader().use { it.readLines() }
        val rules = lines.map { it.split('\t') }.filter { it[0] == "R" }
        assertTrue("${rules.size} rules", rules.size > 50)
        for (fields in rules) {
            val id = if (fields[2].isEmpty()) fields[1] else "${fields[1]}-${fields[2].substringBefore(',')}"
            val found: Explanations = explanations
            assertTrue(id, checkNotNull(found.explain(id)) { id }.title.isNotEmpty())
        }
    }

    @Test
    fun `each preset travels in each form`() {
        for (form in ExportForm.values()) {
            val sizes = listOf(Preset.NOTHING_BREAKS, Preset.BALANCED, Preset.EVERYTHING).map { preset ->
                val text = checkNotNull(records.export(form, preset)) { "$form, $preset" }
                val rules = text.lines().filter { it.isNotEmpty() && it[0] !in "#!" }
                val start = if (form == ExportForm.HOSTS) "0.0.0.0 " else ""
                assertTrue("$form, $preset", rules.isNotEmpty() && rules.all { it.startsWith(start) && '.' in it })
                assertNotNull(rules.find { "canary.hushwall.test" in it })
                rules.size
            }
            assertEquals("$form: presets grow", sizes.sorted(), sizes)
        }
        assertNull(records.export(ExportForm.HOSTS, Preset.NONE))
    }
}
