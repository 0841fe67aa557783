package io.github.hushwall.bridge

import java.io.ByteArrayOutputStream
import java.net.Inet6Address
import java.net.InetAddress

/** Writes the fields of one message; `native/jni/ENCODING.md` has the form. */
internal class Writer(kind: Char) {
    private val bytes = ByteArrayOutputStream()

    init {
        u8(kind.code)
        u8(VERSION)
    }

    fun finish(): ByteArray = bytes.toByteArray()

    fun u8(value: Int) = bytes.write(value)

    fun u16(value: Int) = number(value.toLong(), 2)

    fun u32(value: Int) = number(value.toLong(), 4)

    fun u64(value: Long) = number(value, 8)

    fun bool(value: Boolean) = u8(if (value) 1 else 0)

    fun text(text: String) {
        var encoded = text.toByteArray(Charsets.UTF_8)
        if (encoded.size > LONGEST_TEXT) {
            var end = LONGEST_TEXT
            // A byte 10xxxxxx goes on with a letter, so the cut may not stand before it.
            while (encoded[end].toInt() and 0xc0 == 0x80) end--
            encoded = encoded.copyOf(end)
        }
        u16(encoded.size)
        bytes.write(encoded, 0, encoded.size)
    }

    fun address(address: InetAddress) {
        u8(if (address is Inet6Address) 6 else 4)
        val octets = address.address
        bytes.write(octets, 0, octets.size)
    }

    inline fun <T : Any> option(value: T?, item: (T) -> Unit) {
        bool(value != null)
        if (value != null) item(value)
    }

    inline fun <T> list(items: Collection<T>, item: (T) -> Unit) {
        u32(items.size)
        for (each in items) item(each)
    }

    private fun number(value: Long, width: Int) {
        for (at in 0 until width) bytes.write((value ushr (8 * at)).toInt() and 0xff)
    }

    companion object {
        /** The version that both sides speak. */
        const val VERSION = 2

        private const val LONGEST_TEXT = 0xffff
    }
}
