package io.github.hushwall.plan

import java.math.BigInteger
import java.net.InetAddress

/** A network: all addresses that begin with the first [length] bits of [address]. */
class Prefix private constructor(private val bits: BigInteger, private val width: Int, val length: Int) {
    /** The network's first address. */
    val address: InetAddress get() = InetAddress.getByAddress(bytes())

    /** Whether it is of IPv4. */
    val ipv4: Boolean get() = width == V4_BITS

    /** Whether all of [other] is inside. */
    fun contains(other: Prefix): Boolean =
        width == other.width && length <= other.length && head(bits, length) == head(other.bits, length)

    /** Whether [other] is inside. */
    fun contains(other: InetAddress): Boolean = contains(host(other))

    /** The two halves. */
    fun halves(): List<Prefix> {
        require(length < width) { "a single address has no halves" }
        val bit = BigInteger.ONE.shiftLeft(width - length - 1)
        return listOf(Prefix(bits, width, length + 1), Prefix(bits.or(bit), width, length + 1))
    }

    private fun head(of: BigInteger, count: Int): BigInteger = of.shiftRight(width - count)

    private fun bytes(): ByteArray {
        val all = ByteArray(width / 8)
        val raw = bits.toByteArray()
        // toByteArray puts a zero byte in front where the first bit is set.
        val from = maxOf(0, raw.size - all.size)
        raw.copyInto(all, all.size - (raw.size - from), from, raw.size)
        return all
    }

    override fun equals(other: Any?): Boolean =
        other is Prefix && bits == other.bits && width == other.width && length == other.length

    override fun hashCode(): Int = (bits.hashCode() * 31 + width) * 31 + length

    override fun toString(): String = "${address.hostAddress}/$length"

    companion object {
        private const val V4_BITS = 32

        /** The network of which [address] is one; the bits behind [length] are dropped. */
        fun of(address: InetAddress, length: Int): Prefix {
            val raw = address.address
            val width = raw.size * 8
            require(length in 0..width) { "a prefix of $length bits" }
            val rest = width - length
            return Prefix(BigInteger(1, raw).shiftRight(rest).shiftLeft(rest), width, length)
        }

        /** A network in its written form, `10.0.0.0/8`. Numbers only: nothing is looked up. */
        fun of(text: String): Prefix {
            val slash = text.indexOf('/')
            return of(numeric(text.substring(0, slash)), text.substring(slash + 1).toInt())
        }

        /** A single address. */
        fun host(address: InetAddress): Prefix = of(address, address.address.size * 8)

        /** An address in its written form. */
        fun numeric(text: String): InetAddress {
            require(text.all { it.isLetterOrDigit() && it.lowercaseChar() !in 'g'..'z' || it == '.' || it == ':' }) { "no address" }
            return InetAddress.getByName(text)
        }
    }
}
