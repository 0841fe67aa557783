package io.github.hushwall.bridge

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

class RecordsFileTest {
    private val text = listOf(
        "hushwall-explanations 1",
        "C\tFirst\tAbout the first.",
        "S\treport\thttps://example.org/first\tsays so",
        "R\tfirst/single\t\tblock\tusage\t\tSends this.\t?\t0",
        "C\tSecond\tAbout the second.",
        "S\tpaper\thttps://example.org/a\t",
        "S\tcode\thttps://example.org/b\tholds it",
        "R\tsecond/family\tcn,eu\tfeature\tconfig\tthemes\tLoads themes.\t\t1,0",
        "B\tfeature\tThemes do not load.",
        "B\tcosmetic\tAn empty box.",
        "R\tsecond/last\t\tessential\t\t\tNeeded.\t\t\t3600",
        "",
    ).joinToString("\n")

    private val records = RecordsFile { text.byteInputStream() }

    @Test
    fun ruleIsExplainedWithItsComponentAndSources() {
        val expected = Explanation(
            ruleId = "first/single",
            title = "First",
            about = "About the first.",
            purpose = "usage",
            what = "Sends this.",
            role = "block",
            feature = null,
            breaks = null,
            evidence = listOf(Explanation.Evidence("report", "https://example.org/first", "says so")),
        )
        assertEquals(expected, records.explain("first/single"))
    }

    @Test
    fun siblingIsExplainedAsItsFamily() {
        val found = records.explain("second/family-eu")
        assertEquals("themes", found?.feature)
        assertEquals(listOf("feature", "cosmetic"), found?.breaks?.map { it.kind })
        assertEquals(listOf("code", "paper"), found?.evidence?.map { it.kind })
    }

    @Test
    fun lastRuleAndUnknownRule() {
        val last = records.explain("second/last")
        assertEquals(emptyList<Explanation.Breakage>(), last?.breaks)
        assertEquals(emptyList<Explanation.Evidence>(), last?.evidence)
        assertEquals(3600, last?.answerSeconds)
        assertNull(records.explain("second/family-us"))
        assertNull(records.explain("example.org"))
    }
}
