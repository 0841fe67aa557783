package io.github.hushwall.bridge

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

class LastLifeTest {
    private val file = File.createTempFile("hushwall", "stamp").apply { deleteOnExit() }

    private fun page(magic: String): ByteArray {
        val page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN)
        page.put(magic.toByteArray())
        // It began at 1,000,000; the clock since boot stood 400,000 before it; awake at 700 s since boot; not stopped.
        for (number in listOf(1_000_000L, 400_000L, 700_000_000L, 0L)) page.putLong(number)
        return page.array()
    }

    @Test
    fun pageSaysWhenTheLastLifeWasAwake() {
        file.writeBytes(page("HWSTAMP1"))
        assertEquals(LastLife(1_000_000, 1_100_000, false), LastLife.read(file.path))
    }

    @Test
    fun otherOrMissingFileSaysNothing() {
        file.writeBytes(page("HWSTAMP2"))
        assertNull(LastLife.read(file.path))
        file.writeBytes(page("HWSTAMP1").copyOf(40))
        assertNull(LastLife.read(file.path))
        assertNull(LastLife.read(file.path + ".not-there"))
    }
}
