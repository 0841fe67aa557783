package io.github.hushwall.settings

/** Which apps enter the tunnel. */
enum class ScopeKind {
    /** The vendor's apps. */
    VENDOR,

    /** Apps that the owner chose. */
    CHOSEN,

    /** All apps. */
    ALL,
}

/** The owner's choice of apps; what was chosen under another kind is kept for the way back. */
data class Scope(
    /** The kind in force. */
    val kind: ScopeKind = ScopeKind.VENDOR,
    /** Whether what runs as the system itself is covered: many parts, one identity, one switch. */
    val system: Boolean = true,
    /** Vendor apps that the owner left out. */
    val vendorOut: Set<String> = emptySet(),
    /** Vendor apps that are left out by default and that the owner took in. */
    val vendorIn: Set<String> = emptySet(),
    /** Apps for [ScopeKind.CHOSEN]. */
    val chosen: Set<String> = emptySet(),
    /** Apps that the owner left out of [ScopeKind.ALL]. */
    val allOut: Set<String> = emptySet(),
)
