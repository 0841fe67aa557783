package io.github.hushwall.plan

/** The table of packages as it travels in the app: name, entry, identity, feature, title, what; separated by tabs. */
object PackageTable {
    /** The asset's name. */
    const val ASSET: String = "packages.tsv"

    /** The packages in [text]; a line that cannot be read is left out. */
    fun parse(text: String): List<VendorPackage> = text.lineSequence().mapNotNull(::line).toList()

    private fun line(line: String): VendorPackage? {
        val fields = line.split('\t')
        if (fields.size < 6 || fields[0].isEmpty()) return null
        val entry = VendorPackage.Entry.values().firstOrNull { it.name.lowercase() == fields[1] } ?: return null
        return VendorPackage(
            fields[0], entry, fields[2].ifEmpty { null }, fields[3].ifEmpty { null }, fields[4], fields[5],
        )
    }
}
