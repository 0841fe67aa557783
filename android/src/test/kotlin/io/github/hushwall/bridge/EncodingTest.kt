package io.github.hushwall.bridge

import java.net.Inet6Address
import java.net.InetAddress
import java.net.InetSocketAddress
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class EncodingTest {
    private val lists = listOf(
        ListFile("Liste größer", "/data/lists/a.list", ListFile.Role.EDITION, "/data/lists/a.manifest"),
        ListFile("名", "/data/lists/b.txt", ListFile.Role.BLOCK),
        ListFile("", "c", ListFile.Role.ALLOW),
    )

    private val verdict = Verdict(
        at = 1_795_219_200_123,
        uid = 10_234,
        transport = Verdict.Transport.DNS,
        seen = Verdict.Seen.QUERY,
        name = "tracking.example",
        remote = address("192.0.2.53"),
        port = 53,
        recordType = 65,
        tier = Verdict.Tier.LIST,
        ruleId = "onetrack/tracking",
        list = "Hushwall",
        what = "Sends what you tap — and when",
    )

    private fun address(text: String): InetAddress = InetAddress.getByName(text)

    @Test
    fun settingsAreWrittenAsRustReadsThem() {
        val settings = EngineSettings(
            depth = Depth.DNS,
            preset = Preset.EVERYTHING,
            featuresOff = linkedSetOf("themes", "push"),
            mtu = 9000,
            segmentLimit = 65_000,
            ownResolvers = listOf(address("10.111.222.1"), address("fd68:7573::53")),
            rules = listOf(
                OwnRule("example.org", Action.BLOCK),
                OwnRule("203.0.113.0/24", Action.ALLOW, subdomains = false, uid = 1_010_234),
            ),
            lists = lists,
            highestListVersion = 2_026_112_101,
            quicUnread = QuicUnread.FALL_BACK,
            ech = Ech.KEEP,
            log = Log.STOPPED,
            knowsOwners = true,
            asksSystem = false,
            stampPath = "/data/stamp",
        )
        assertArrayEquals(Fixture.read("settings.bin"), Emit.settings(settings))
    }

    @Test
    fun listsAreWrittenAsRustReadsThem() {
        assertArrayEquals(Fixture.read("lists.bin"), Emit.lists(lists))
    }

    @Test
    fun networkIsWrittenAsRustReadsIt() {
        val linkLocal = Inet6Address.getByAddress(null, address("fe80::53").address, 7)
        val network = Network(
            handle = 0x650d_face00,
            ipv4 = true,
            ipv6 = false,
            resolvers = listOf(address("192.0.2.53"), linkLocal),
            nat64 = Nat64Prefix(address("64:ff9b::") as Inet6Address, 96),
            mtu = 1420,
            metered = true,
            privateDns = PrivateDns.STRICT,
            privateDnsHost = "dns.example",
        )
        assertArrayEquals(Fixture.read("network.bin"), Emit.network(network))
    }

    @Test
    fun eventsAreReadAsRustWritesThem() {
        val letThrough = verdict.copy(
            uid = null,
            transport = Verdict.Transport.TCP,
            seen = Verdict.Seen.ADDRESS,
            name = "",
            remote = address("2001:db8::1"),
            port = 443,
            recordType = 0,
            tier = Verdict.Tier.NONE,
            ruleId = "",
            list = "",
            what = "",
        )
        val expected = listOf(
            Event.Stopped(verdict),
            Event.LetThrough(letThrough),
            Event.WhoOwns(
                Long.MIN_VALUE + 0x1_0000_0007,
                6,
                InetSocketAddress(address("10.111.222.2"), 40_000),
                InetSocketAddress(address("2001:db8::1"), 443),
            ),
            Event.Outage(1_795_219_200_000, 15, 15, Event.Outage.Cause.REBUILT, "index out of bounds"),
            Event.Outage(1_795_219_200_000, 61_000, 5_000, Event.Outage.Cause.FROZEN, ""),
            Event.Storm(1_795_219_200_000, 1000, "tracking.example", 600, 60_000),
            Event.Outstanding(1_795_219_200_000, "tracking.example", 899_000),
            Event.Lost(17),
            Event.ListRefused("/data/lists/a.list", EngineException.LIST_TRUST, "the signature does not fit"),
            Event.Ended(EngineException.DEVICE_GONE, "the TUN device is gone"),
        )
        assertEquals(expected, Parse.events(Fixture.read("events.bin")))
    }

    @Test
    fun countersAreReadInTheirOrder() {
        val expected = Snapshot(
            lastSeenApp = 1_795_219_200_123,
            packetsIn = 2,
            packetsOut = 3,
            bytesUp = 4,
            bytesDown = Long.MAX_VALUE,
            tcpFlows = 6,
            udpMappings = 7,
            questions = 8,
            allowed = 9,
            blocked = 10,
            discarded = 12,
            retransmitted = 12,
            evicted = 13,
            turns = 14,
            panics = 15,
            socketsRefused = 16,
            tunFull = 17,
            rules = 18,
            answeredHere = 19,
            listVersion = 2_026_112_101,
        )
        assertEquals(expected, Parse.snapshot(Fixture.read("snapshot.bin")))
    }

    @Test
    fun messageCutOffAnywhereIsTold() {
        for (name in listOf("events.bin", "snapshot.bin")) {
            val bytes = Fixture.read(name)
            for (length in bytes.indices) {
                val cut = bytes.copyOf(length)
                val error = assertThrows(EngineException::class.java) {
                    if (name == "events.bin") Parse.events(cut) else Parse.snapshot(cut)
                }
                assertEquals(EngineException.ENCODING, error.code)
            }
        }
    }

    @Test
    fun flippedBytesGiveAMessageOrATypedError() {
        val original = Fixture.read("events.bin")
        for (at in original.indices) {
            for (flip in listOf(0x01, 0x80, 0xff)) {
                val bytes = original.copyOf()
                bytes[at] = (bytes[at].toInt() xor flip).toByte()
                try {
                    Parse.events(bytes)
                } catch (error: EngineException) {
                    assertEquals(EngineException.ENCODING, error.code)
                }
            }
        }
    }

    @Test
    fun otherVersionIsToldByItsNumber() {
        val bytes = Fixture.read("snapshot.bin")
        for (version in listOf(1, 9)) {
            bytes[1] = version.toByte()
            val error = assertThrows(EngineException::class.java) { Parse.snapshot(bytes) }
            assertTrue(error.message.orEmpty().contains("version $version"))
        }
    }

    @Test
    fun tooLongTextIsCutBetweenLetters() {
        val bytes = Emit.lists(listOf(ListFile("ä".repeat(40_000), "p")))
        // Kind, version and count, then the length of the title.
        assertEquals(65_534, (bytes[6].toInt() and 0xff) or (bytes[7].toInt() and 0xff shl 8))
    }
}
