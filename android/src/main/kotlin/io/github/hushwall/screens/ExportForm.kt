package io.github.hushwall.screens

/** The form of a list for another app. */
enum class ExportForm(
    /** The word for it in the asset's name. */
    val word: String,
    /** The name that the owner is offered for the file. */
    val fileName: String,
) {
    /** `0.0.0.0 name`, for whatever reads hosts files. */
    HOSTS("hosts", "hushwall-hosts.txt"),

    /** AdGuard's syntax, with exceptions. */
    ADGUARD("adguard", "hushwall-adguard.txt"),
}
