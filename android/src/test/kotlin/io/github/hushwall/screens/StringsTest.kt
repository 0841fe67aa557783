package io.github.hushwall.screens

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element

/** What every string of the app keeps to. */
class StringsTest {
    private val strings: Map<String, String> = File("src/main/res/values").listFiles { file -> "strings" in file.name || "sentences" in file.name }
        .orEmpty().flatMap(::read).toMap()

    @Test
    fun `key sentences are exact`() {
        for ((id, sentence) in KEY_SENTENCES) assertEquals(id, sentence, strings[id])
    }

    @Test
    fun `no sentence has more than twenty words`() {
        for ((id, text) in strings - ALLOWED_LONG) {
            for (sentence in text.split(Regex("(?<=[.:?])\\s"))) {
                val words = sentence.split(' ').filter { word -> word.any(Char::isLetterOrDigit) }
                assertTrue("$id: $sentence", words.size <= 20)
            }
        }
    }

    @Test
    fun `no string shouts or frightens`() {
        for ((id, text) in strings) {
            assertFalse("$id: $text", '!' in text)
            for (word in FORBIDDEN) assertFalse("$id: $text", Regex("\\b$word\\b", RegexOption.IGNORE_CASE).containsMatchIn(text))
        }
    }

    @Test
    fun `buttons are verbs`() {
        for ((id, text) in strings.filterKeys { it.startsWith("action_") }) {
            assertFalse("$id: $text", text in setOf("OK", "Yes", "No", "Cancel"))
        }
    }

    private fun read(file: File): List<Pair<String, String>> {
        val nodes = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement.childNodes
        return (0 until nodes.length).mapNotNull { nodes.item(it) as? Element }.flatMap { element ->
            val name = element.getAttribute("name")
            if (element.tagName == "string") return@flatMap listOf(name to clean(element.textContent))
            val items = element.getElementsByTagName("item")
            (0 until items.length).map { name + "." + (items.item(it) as Element).getAttribute("quantity") to clean(items.item(it).textContent) }
        }
    }

    private fun clean(text: String) = text.replace("\\'", "'").replace("\\\"", "\"")

    private companion object {
        val FORBIDDEN = listOf("spy", "spies", "danger", "dangerous", "threat", "attack", "tunnel", "firewall", "SNI", "anonymous", "secure")

        /** Their exact words are in the design, and longer. */
        val ALLOWED_LONG = setOf("limit")

        val KEY_SENTENCES = mapOf(
            "what" to "Hushwall stops Xiaomi's apps from sending usage reports. It works on this phone only.",
            "ask" to "Next, Android asks to set up a VPN connection and warns that the app can monitor traffic. " +
                "Android says this about every app that filters connections.",
            "no_server" to "Hushwall has no server. Your traffic goes where it always went, directly.",
            "is_not" to "It does not hide your address, change your country or encrypt your connections.",
            "key_icon" to "A key at the top of the screen means that a VPN app is on. Some Xiaomi phones don't show it.",
            "limit" to "It can't stop a report that travels together with something you need, or an app that goes around it. " +
                "Xiaomi code inside other makers' apps is covered only if you choose those apps.",
            "boot" to "After a restart, nothing is stopped until the phone is unlocked for the first time.",
            "one_vpn" to "Android allows one VPN app at a time. Turning on Hushwall turns off the other one.",
            "scope_vendor" to "Other apps stay on the normal connection. On some phones calls over Wi-Fi still notice a VPN.",
            "outage" to "Protection was off from %1\$s to %2\$s. The phone had stopped Hushwall.",
            "outage_means" to "In that time reports could leave the phone.",
            "outage_own" to "Hushwall had an error of its own and restarted. Outage: %1\$s.",
            "tries.other" to "Tried %1\$d times. Each time the answer came from this phone, and nothing was sent.",
            "unknown" to "Nobody has shown yet what this sends. It is on these lists: %1\$s.",
            "log_own" to "This stays on your phone. Only you see it, unless you share it.",
            "own_request" to "Hushwall never uses the internet for itself. A newer list comes with a newer version of the app.",
        )
    }
}
