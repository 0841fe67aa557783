package io.github.hushwall.bridge

import java.io.InputStream

/**
 * The explanations in the APK's assets (`explanations.txt`; `native/curation/src/explanations.rs` says what the lines are).
 * It is read from its beginning at each question: a person opens few panels, and memory is for packets.
 */
class RecordsFile(private val open: () -> InputStream) : Explanations {
    override fun explain(ruleId: String): Explanation? = open().bufferedReader().useLines { lines ->
        val search = Search(ruleId)
        for (line in lines) {
            if (search.handle(line.split('\t'))) break
        }
        search.found()
    }

    /** Takes lines until the rule is complete. */
    private class Search(private val ruleId: String) {
        private var component = listOf<String>()
        private val sources = ArrayList<Explanation.Evidence>()
        private var rule: List<String>? = null
        private val breakages = ArrayList<Explanation.Breakage>()

        /** Whether all is known. */
        fun handle(fields: List<String>): Boolean {
            if (rule != null) {
                if (fields[0] != "B" || fields.size < 3) return true
                breakages.add(Explanation.Breakage(fields[1], fields[2]))
                return false
            }
            when (fields[0]) {
                "C" -> {
                    component = fields
                    sources.clear()
                }
                "S" -> if (fields.size >= 4) sources.add(Explanation.Evidence(fields[1], fields[2], fields[3]))
                "R" -> if (fields.size >= 9 && isMeant(fields[1], fields[2])) rule = fields
            }
            return false
        }

        fun found(): Explanation? {
            val rule = rule ?: return null
            return Explanation(
                ruleId = ruleId,
                title = component.getOrElse(1) { "" },
                about = component.getOrElse(2) { "" },
                purpose = rule[4],
                what = rule[6],
                role = rule[3],
                feature = rule[5].ifEmpty { null },
                breaks = if (rule[7] == "?") null else breakages,
                evidence = rule[8].split(',').mapNotNull { it.toIntOrNull()?.let(sources::getOrNull) },
                answerSeconds = rule.getOrNull(9)?.toIntOrNull(),
            )
        }

        private fun isMeant(id: String, keys: String): Boolean =
            ruleId == id || (keys.isNotEmpty() && keys.split(',').any { ruleId == "$id-$it" })
    }
}
