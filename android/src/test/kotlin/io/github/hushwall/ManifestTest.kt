package io.github.hushwall

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element

class ManifestTest {
    private val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(File("target/generated/AndroidManifest.xml")).documentElement

    @Test
    fun `the README explains every permission`() {
        val explained = Regex("(?m)^\\| `([A-Z_]+)` \\|").findAll(File("../README.md").readText()).map { it.groupValues[1] }.toSet()
        val asked = names("uses-permission").map { it.removePrefix("android.permission.") }.toSet()
        assertEquals(explained, asked)
    }

    @Test
    fun `Android lets us see every package of the records`() {
        val records = File("../blocklists/packages.toml").readLines()
            .mapNotNull { Regex("name = \"(.*)\"").matchEntire(it)?.groupValues?.get(1) }
        assertTrue(records.size > 20)
        assertEquals(records.toSet(), names("package").toSet())
    }

    @Test
    fun `Android lets us see apps that the owner may choose, and browsers`() {
        assertEquals(setOf("android.intent.action.MAIN", "android.intent.action.VIEW"), inQueries("action"))
        assertEquals(setOf("android.intent.category.LAUNCHER", "android.intent.category.BROWSABLE"), inQueries("category"))
    }

    private fun inQueries(tag: String): Set<String> {
        val found = (manifest.getElementsByTagName("queries").item(0) as Element).getElementsByTagName(tag)
        return (0 until found.length).map { (found.item(it) as Element).getAttribute("android:name") }.toSet()
    }

    @Test
    fun `the table of packages has a line for each record`() {
        val lines = File("target/generated/assets/packages.tsv").readLines()
        assertEquals(names("package").toSet(), lines.map { it.substringBefore('\t') }.toSet())
        assertTrue(lines.all { it.count { letter -> letter == '\t' } == 5 })
    }

    @Test
    fun `no artifact of Google's repository is on the class path`() {
        val path = System.getProperty("java.class.path").split(File.pathSeparator)
        val foreign = path.filter { "/androidx/" in it || "/com/android/" in it || "/com/google/android/" in it }
        assertEquals(emptyList<String>(), foreign)
    }

    private fun names(tag: String): List<String> {
        val found = manifest.getElementsByTagName(tag)
        return (0 until found.length).map { (found.item(it) as Element).getAttribute("android:name") }
    }
}
