package io.github.hushwall.bridge

/** What the records know of rules. */
fun interface Explanations {
    /** The explanation of a rule; `null` if it is not of the built-in list. Reads a file: not for the main thread. */
    fun explain(ruleId: String): Explanation?
}
