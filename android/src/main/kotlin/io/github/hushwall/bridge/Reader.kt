package io.github.hushwall.bridge

import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException

/** Reads the fields of one message; every length and value is checked: what is wrong is [EngineException.ENCODING]. */
internal class Reader private constructor(private val bytes: ByteBuffer) {
    fun u8(): Int {
        need(1)
        return bytes.get().toInt() and 0xff
    }

    fun u16(): Int {
        need(2)
        return bytes.short.toInt() and 0xffff
    }

    /** A number of 32 bits; above 2^31 it is negative. */
    fun u32(): Int {
        need(4)
        return bytes.int
    }

    fun u64(): Long {
        need(8)
        return bytes.long
    }

    fun bool(): Boolean = when (u8()) {
        0 -> false
        1 -> true
        else -> throw wrong("a yes or no is neither")
    }

    fun text(): String {
        val length = u16()
        need(length)
        val part = bytes.slice()
        part.limit(length)
        bytes.position(bytes.position() + length)
        return try {
            Charsets.UTF_8.newDecoder().decode(part).toString()
        } catch (error: CharacterCodingException) {
            throw wrong("a text is not UTF-8")
        }
    }

    fun address(): InetAddress {
        val length = when (u8()) {
            4 -> 4
            6 -> 16
            else -> throw wrong("an address of no family")
        }
        need(length)
        val octets = ByteArray(length)
        bytes.get(octets)
        return InetAddress.getByAddress(octets)
    }

    fun end(): InetSocketAddress = InetSocketAddress(address(), u16())

    fun <T> choice(values: List<T>): T = values.getOrNull(u8()) ?: throw wrong("a choice that is none")

    inline fun <T : Any> option(item: () -> T): T? = if (bool()) item() else null

    /** A count promises nothing, so no room is made for it beforehand. */
    inline fun <T> list(item: () -> T): List<T> {
        val count = u32().toLong() and 0xffff_ffffL
        val items = ArrayList<T>()
        for (at in 0 until count) items.add(item())
        return items
    }

    private fun need(count: Int) {
        if (bytes.remaining() < count) throw wrong("the message is cut off")
    }

    companion object {
        /** Reads a whole message of this kind. */
        fun <T> read(bytes: ByteArray, kind: Char, body: (Reader) -> T): T {
            val reader = Reader(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN))
            if (reader.u8() != kind.code) throw wrong("another kind of message was expected")
            val version = reader.u8()
            if (version != Writer.VERSION) throw wrong("version $version of the encoding is not known")
            val value = body(reader)
            val left = reader.bytes.remaining()
            if (left != 0) throw wrong("$left bytes behind the end of the message")
            return value
        }

        fun wrong(text: String) = EngineException(EngineException.ENCODING, text)
    }
}
