package io.github.hushwall.bridge

/** What the records know of a rule, for the why-panel. Texts are English sentences as the maintainers wrote them. */
data class Explanation(
    /** The rule's id. */
    val ruleId: String,
    /** The component, such as `MiStat`. */
    val title: String,
    /** What the component's names carry, in a sentence or two. */
    val about: String,
    /** The kind of data: `usage`, `crash`, `ads`, `config`, `resolver`, `canary`; empty where nobody said. */
    val purpose: String,
    /** What this rule stops; for an essential or feature name, why it is let through. */
    val what: String,
    /** `block`, `essential` or `feature`. */
    val role: String,
    /** The switch "I use ...", for a feature name. */
    val feature: String?,
    /** Whether what it breaks is unknown (`null`), or which breakages were told; empty if looked for and none found. */
    val breaks: List<Breakage>?,
    /** Where all this is known from. */
    val evidence: List<Evidence>,
    /** For how long a refused answer lives, where this rule has a reply of its own. */
    val answerSeconds: Int? = null,
) {
    /** Something that stops working where the name is blocked. */
    data class Breakage(
        /** `cosmetic`, `feature`, `sync`, `updates`, `security`, `account`, `safety`, `privacy-right`. */
        val kind: String,
        /** What stops working. */
        val what: String,
    )

    /** One source. */
    data class Evidence(
        /** `capture`, `code`, `paper`, `report`, `listed`. */
        val kind: String,
        /** Where it can be read. */
        val url: String,
        /** What it says, in our words; may be empty. */
        val says: String,
    )
}
