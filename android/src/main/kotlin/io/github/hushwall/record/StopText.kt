package io.github.hushwall.record

import io.github.hushwall.bridge.Verdict
import java.net.InetAddress
import java.net.UnknownHostException

/** Rows of what was stopped as text: tab-separated, a row a line, behind a line with the version. */
object StopText {
    private const val TITLE = "hushwall-stopped 1"
    private const val FIELDS = 14

    /** The text of [rows]. */
    fun emit(rows: Collection<StopRow>): String = rows.joinToString("\n", prefix = "$TITLE\n", transform = ::line)

    /** The rows in [text]; a damaged line is left out, and so is a file of another version. */
    fun parse(text: String): List<StopRow> {
        val lines = text.split('\n')
        return if (lines[0] == TITLE) lines.drop(1).mapNotNull(::row) else emptyList()
    }

    private fun line(row: StopRow): String = with(row.verdict) {
        listOf(
            row.app ?: "-", row.times, at, uid ?: "-", transport.name, seen.name, name, address(remote), port, recordType, tier.name,
            ruleId, list, what,
        ).joinToString("\t") { field -> field.toString().filter { it != '\t' && it != '\n' } }
    }

    private fun row(line: String): StopRow? {
        val fields = line.split('\t')
        if (fields.size != FIELDS) return null
        val verdict = Verdict(
            at = fields[2].toLongOrNull() ?: return null,
            uid = fields[3].toIntOrNull(),
            transport = Verdict.Transport.values().firstOrNull { it.name == fields[4] } ?: return null,
            seen = Verdict.Seen.values().firstOrNull { it.name == fields[5] } ?: return null,
            name = fields[6],
            remote = address(fields[7]) ?: return null,
            port = fields[8].toIntOrNull() ?: return null,
            recordType = fields[9].toIntOrNull() ?: return null,
            tier = Verdict.Tier.values().firstOrNull { it.name == fields[10] } ?: return null,
            ruleId = fields[11],
            list = fields[12],
            what = fields[13],
        )
        return StopRow(fields[0].takeIf { it != "-" }, fields[1].toIntOrNull() ?: return null, verdict)
    }

    private fun address(of: InetAddress) = of.address.joinToString("") { "%02x".format(it) }

    /** Hexadecimal bytes, so that nothing in a file can ever be looked up as a name. */
    private fun address(text: String): InetAddress? {
        if (text.length % 2 != 0) return null
        val bytes = text.chunked(2).map { (it.toIntOrNull(16) ?: return null).toByte() }
        return try {
            InetAddress.getByAddress(bytes.toByteArray())
        } catch (_: UnknownHostException) {
            null
        }
    }
}
