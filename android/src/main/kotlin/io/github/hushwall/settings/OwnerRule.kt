package io.github.hushwall.settings

import io.github.hushwall.bridge.Action

/** A rule of the owner, as it is kept: an app is its package, since its uid changes when it is installed anew. */
data class OwnerRule(
    /** A name, an address or a network. */
    val name: String,
    /** Let it through, or refuse it. */
    val action: Action,
    /** Whether all names beneath the name are meant too. */
    val subdomains: Boolean = false,
    /** The package that the rule is for; `null` for all apps. */
    val app: String? = null,
    /** When the rule ends (wall clock, milliseconds); `null` for never. */
    val until: Long? = null,
)
