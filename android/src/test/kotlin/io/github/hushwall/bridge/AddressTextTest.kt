package io.github.hushwall.bridge

import java.net.InetAddress
import org.junit.Assert.assertEquals
import org.junit.Test

/** Addresses as Rust's standard library writes them: the examples of RFC 5952, sections 1 to 5. */
class AddressTextTest {
    private fun six(vararg groups: Int) = InetAddress.getByAddress(
        groups.flatMap { listOf((it shr 8).toByte(), it.toByte()) }.toByteArray(),
    )

    @Test
    fun the_longest_row_of_zeros_is_left_out_once() {
        for ((text, address) in listOf(
            "2001:db8::1" to six(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
            "2001:db8::2:1" to six(0x2001, 0xdb8, 0, 0, 0, 0, 2, 1),
            "2001:db8:0:1:1:1:1:1" to six(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1),
            "2001:0:0:1::1" to six(0x2001, 0, 0, 1, 0, 0, 0, 1),
            "2001:db8::1:0:0:1" to six(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1),
            "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1" to six(0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 1),
            "1::" to six(1, 0, 0, 0, 0, 0, 0, 0),
            "::1" to six(0, 0, 0, 0, 0, 0, 0, 1),
            "::" to six(0, 0, 0, 0, 0, 0, 0, 0),
        )) assertEquals(text, textOf(address))
    }

    @Test
    fun an_ipv4_address_is_four_numbers() {
        assertEquals("192.0.2.33", textOf(InetAddress.getByAddress(byteArrayOf(192.toByte(), 0, 2, 33))))
    }
}
