package io.github.hushwall.bridge

/** Reads what native code wrote. */
internal object Parse {
    private val transports = Verdict.Transport.values().asList()
    private val seen = Verdict.Seen.values().asList()
    private val tiers = Verdict.Tier.values().asList()
    private val causes = Event.Outage.Cause.values().asList()

    @Throws(EngineException::class)
    fun events(bytes: ByteArray): List<Event> =
        Reader.read(bytes, 'E') { reader -> reader.list { event(reader) } }

    @Throws(EngineException::class)
    fun snapshot(bytes: ByteArray): Snapshot = Reader.read(bytes, 'C') { reader ->
        Snapshot(
            lastSeenApp = reader.u64(),
            packetsIn = reader.u64(),
            packetsOut = reader.u64(),
            bytesUp = reader.u64(),
            bytesDown = reader.u64(),
            tcpFlows = reader.u64(),
            udpMappings = reader.u64(),
            questions = reader.u64(),
            allowed = reader.u64(),
            blocked = reader.u64(),
            discarded = reader.u64(),
            retransmitted = reader.u64(),
            evicted = reader.u64(),
            turns = reader.u64(),
            panics = reader.u64(),
            socketsRefused = reader.u64(),
            tunFull = reader.u64(),
            rules = reader.u64(),
            listVersion = reader.u64(),
            answeredHere = reader.u64(),
        )
    }

    private fun event(reader: Reader): Event = when (reader.u8()) {
        0 -> Event.Stopped(verdict(reader))
        1 -> Event.LetThrough(verdict(reader))
        2 -> Event.WhoOwns(reader.u64(), reader.u8(), reader.end(), reader.end())
        3 -> Event.Outage(reader.u64(), reader.u64(), reader.u64(), reader.choice(causes), reader.text())
        4 -> Event.Storm(reader.u64(), reader.option(reader::u32), reader.text(), reader.u32(), reader.u64())
        5 -> Event.Lost(reader.u64())
        6 -> Event.ListRefused(reader.text(), reader.u32(), reader.text())
        7 -> Event.Ended(reader.u32(), reader.text())
        8 -> Event.Outstanding(reader.u64(), reader.text(), reader.u64())
        else -> throw Reader.wrong("an event of no kind")
    }

    private fun verdict(reader: Reader) = Verdict(
        at = reader.u64(),
        uid = reader.option(reader::u32),
        transport = reader.choice(transports),
        seen = reader.choice(seen),
        name = reader.text(),
        remote = reader.address(),
        port = reader.u16(),
        recordType = reader.u16(),
        tier = tiers.getOrNull(reader.u8() - 1) ?: throw Reader.wrong("a tier that is none"),
        ruleId = reader.text(),
        list = reader.text(),
        what = reader.text(),
    )
}
