package io.github.hushwall.record

import android.util.AtomicFile
import java.io.File
import java.io.IOException

/** A small text file that is either the old one or the new one, whatever happens while it is written. */
class Store(file: () -> File) {
    private val atomic by lazy { AtomicFile(file()) }

    /** Its text; `null` if there is none, or none that can be read. */
    fun read(): String? = try {
        atomic.readFully().toString(Charsets.UTF_8)
    } catch (_: IOException) {
        null
    }

    /** Writes it anew; a full disk leaves the old one. */
    fun write(text: String) {
        val stream = try {
            atomic.startWrite()
        } catch (_: IOException) {
            return
        }
        try {
            stream.write(text.toByteArray())
            atomic.finishWrite(stream)
        } catch (_: IOException) {
            atomic.failWrite(stream)
        }
    }
}
