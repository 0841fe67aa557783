package io.github.hushwall.settings

import io.github.hushwall.bridge.Action
import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.QuicUnread
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** Settings go out and come back; a damaged file does no harm. */
class SettingsTextTest {
    private val full = Settings(
        scope = Scope(ScopeKind.CHOSEN, false, setOf("a.out", "b.out"), setOf("a.in"), setOf("c.one", "c.two"), setOf("d")),
        depth = Depth.DNS,
        preset = Preset.NOTHING_BREAKS,
        quicUnread = QuicUnread.FALL_BACK,
        ech = Ech.KEEP,
        featuresOff = setOf("themes", "push"),
        rules = listOf(
            OwnerRule("tracking.example", Action.ALLOW),
            OwnerRule("ads.example", Action.BLOCK, subdomains = true, app = "com.example.app", until = 1_800_000_000_000),
        ),
        lists = listOf(
            ListFile("Edition", "/files/edition", ListFile.Role.EDITION, "/files/manifest"),
            ListFile("Mine", "/files/mine", ListFile.Role.ALLOW),
        ),
        highestListVersion = 2026112101,
        logDays = 0,
        pauseMinutes = 60,
        detail = true,
        look = Look.DARK,
        wallpaperColours = true,
    )

    @Test
    fun settings_come_back_as_they_went() {
        assertEquals(full, SettingsText.parse(SettingsText.emit(full)))
        assertEquals(Settings(), SettingsText.parse(SettingsText.emit(Settings())))
    }

    @Test
    fun a_file_that_is_no_settings_is_refused() {
        for (text in listOf("", "hello", "hushwall-settings", "hushwall-settings x", "hushwall-settings 0", "other 1\n")) {
            assertNull(text, SettingsText.parse(text))
        }
        assertNull(SettingsText.parse("hushwall-settings 1\n" + "x".repeat(SettingsText.MAX_CHARS)))
    }

    @Test
    fun what_a_newer_version_wrote_is_left_out() {
        val text = SettingsText.emit(full).replace("hushwall-settings 1", "hushwall-settings 2") + "sound\tloud\n"
        assertEquals(full, SettingsText.parse(text))
    }

    @Test
    fun values_that_cannot_be_stay_at_their_defaults() {
        val text = "hushwall-settings 1\ndepth\tdeep\nlog-days\t400\npause-minutes\t0\npreset\t\nscope\teverybody\n" +
            "rule\tallow\texact\t\t-\t-\nrule\tallow\texact\tname.example\t-\tsoon\nlist\tblock\n"
        assertEquals(Settings(), SettingsText.parse(text))
    }

    @Test
    fun a_file_cut_at_any_place_or_with_a_wrong_byte_is_read_or_refused_but_never_throws() {
        val text = SettingsText.emit(full)
        for (length in text.indices) SettingsText.parse(text.substring(0, length))
        for (index in text.indices) {
            for (wrong in listOf('\t', '\n', '\u0000', 'x')) {
                SettingsText.parse(text.substring(0, index) + wrong + text.substring(index + 1))
            }
        }
    }

    @Test
    fun a_rule_cannot_smuggle_a_line() {
        val text = SettingsText.emit(Settings(rules = listOf(OwnerRule("a\nscope\tall", Action.BLOCK))))
        val parsed = SettingsText.parse(text)
        assertNotNull(parsed)
        assertEquals(ScopeKind.VENDOR, parsed!!.scope.kind)
        assertTrue(parsed.rules.single().name.startsWith("a"))
    }
}
