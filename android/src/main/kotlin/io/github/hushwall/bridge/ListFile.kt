package io.github.hushwall.bridge

/** A list in a file of the app's own storage. */
data class ListFile(
    /** What it is called in the app. */
    val title: String,
    /** Its file. */
    val path: String,
    /** What its rules count as. */
    val role: Role = Role.BLOCK,
    /** The manifest that names the file's hash, and its signature beside it; `null` for a file that the owner added. */
    val manifest: String? = null,
) {
    /** What the rules of a list count as. */
    enum class Role {
        /** A newer edition of the built-in list, compiled. Never without a manifest. */
        EDITION,

        /** A subscribed list: it can only block, and lift its own blocks. */
        BLOCK,

        /** The owner lets through what it names. */
        ALLOW,
    }
}
