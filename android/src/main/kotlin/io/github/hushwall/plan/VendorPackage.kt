package io.github.hushwall.plan

/** A package of the vendor, or one of the system that matters to a tunnel; a line of `blocklists/packages.toml`. */
data class VendorPackage(
    /** The package's name. */
    val name: String,
    /** Whether it goes into the tunnel. */
    val entry: Entry,
    /** The user id that it shares with others, by name (`android.uid.system`). */
    val identity: String? = null,
    /** The feature that it serves, by its id. */
    val feature: String? = null,
    /** What it is called. */
    val title: String = "",
    /** What it does, in a sentence. */
    val what: String = "",
) {
    /** Whether a package goes into the tunnel. */
    enum class Entry {
        /** Unless the owner leaves it out. */
        ON,

        /** Only if the owner takes it in. */
        OFF,

        /** Not as an app of the vendor: the phone would miss something. */
        NEVER,
    }

    companion object {
        /** The user id of the system itself. */
        const val SYSTEM_IDENTITY: String = "android.uid.system"
    }
}
