package io.github.hushwall.bridge

import java.io.File

/** The messages that Rust's tests know too. */
internal object Fixture {
    fun read(name: String): ByteArray {
        val here = File("").absoluteFile
        val folder = generateSequence(here) { it.parentFile }
            .map { File(it, "tests/fixtures/bridge") }
            .first { it.isDirectory }
        return File(folder, name).readBytes()
    }
}
