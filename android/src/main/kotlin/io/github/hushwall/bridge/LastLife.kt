package io.github.hushwall.bridge

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** What the page of [EngineSettings.stampPath] says of the session before. Times are milliseconds since 1970. */
data class LastLife(
    /** When the session began. */
    val began: Long,
    /** When its engine was last awake; it writes that at most every five seconds, and not while nothing happens. */
    val awake: Long,
    /** Whether it was stopped in order. */
    val stopped: Boolean,
) {
    companion object {
        /** "HWSTAMP1" as a number; `native/jni/src/stamp.rs` writes the page. */
        private const val MAGIC = 0x31504d4154535748L
        private const val FIELDS = 6

        /** Reads the page, before the next session begins in it; `null` if there is none. */
        fun read(path: String): LastLife? {
            val bytes = try {
                File(path).inputStream().use { file ->
                    val head = ByteArray(FIELDS * 8)
                    if (file.read(head) == head.size) head else return null
                }
            } catch (error: IOException) {
                return null
            }
            val page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer()
            if (page[0] != MAGIC) return null
            return LastLife(began = page[1], awake = page[2] + page[3] / 1_000, stopped = page[4] != 0L)
        }
    }
}
