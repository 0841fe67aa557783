package io.github.hushwall.bridge

/** A rule of the owner. It wins over every list and over essential names. */
data class OwnRule(
    /** A name, an address or a network. */
    val name: String,
    /** Let it through, or refuse it. */
    val action: Action,
    /** Whether all names beneath the name are meant too. */
    val subdomains: Boolean = true,
    /** The app that the rule is for; `null` for all. */
    val uid: Int? = null,
)
