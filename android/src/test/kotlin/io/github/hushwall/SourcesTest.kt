package io.github.hushwall

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Laws that only the sources can show. */
class SourcesTest {
    private val files = File("src/main/kotlin").walkTopDown().filter { it.extension == "kt" }.toList()

    @Test
    fun prepare_has_exactly_two_callers() {
        assertTrue(files.size > 50)
        val callers = files.filter { "VpnService.prepare(" in it.readText() }.map { it.name }
        assertEquals(listOf("Consent.kt", "ServiceDoor.kt"), callers.sorted())
        val calls = files.sumOf { Regex("""VpnService\.prepare\(""").findAll(it.readText()).count() }
        assertEquals(2, calls)
    }

    @Test
    fun no_name_goes_into_a_log() {
        for (file in files) {
            val text = file.readText()
            assertTrue(file.path, Regex("""\bLog\.[vdiwe]\(|println|printStackTrace|System\.(out|err)""").find(text) == null)
        }
    }

    @Test
    fun files_stay_small() {
        for (file in files) assertTrue(file.path, file.readLines().size < 300)
    }
}
