package io.github.hushwall.bridge

import java.net.Inet6Address

/** Writes what native code reads. None of it can fail, so that a descriptor is always handed over. */
internal object Emit {
    fun settings(settings: EngineSettings): ByteArray = Writer('S').run {
        u8(settings.depth.ordinal)
        u8(settings.preset.ordinal)
        list(settings.featuresOff, ::text)
        u16(settings.mtu)
        u32(settings.segmentLimit)
        list(settings.ownResolvers, ::address)
        list(settings.rules) { rule ->
            text(rule.name)
            u8(rule.action.ordinal)
            bool(rule.subdomains)
            option(rule.uid, ::u32)
        }
        lists(settings.lists)
        u64(settings.highestListVersion)
        u32(settings.blockedAnswerSeconds)
        u32(settings.sharedAnswerSeconds)
        u8(settings.quicUnread.ordinal)
        u8(settings.ech.ordinal)
        u8(settings.log.ordinal)
        bool(settings.knowsOwners)
        bool(settings.asksSystem)
        option(settings.stampPath, ::text)
        finish()
    }

    fun lists(lists: List<ListFile>): ByteArray = Writer('L').run {
        lists(lists)
        finish()
    }

    fun network(network: Network): ByteArray = Writer('N').run {
        u64(network.handle)
        bool(network.ipv4)
        bool(network.ipv6)
        list(network.resolvers) { resolver ->
            address(resolver)
            u32((resolver as? Inet6Address)?.scopeId ?: 0)
        }
        option(network.nat64) { prefix ->
            address(prefix.address)
            u8(prefix.length)
        }
        u16(network.mtu)
        bool(network.metered)
        u8(network.privateDns.ordinal)
        option(network.privateDnsHost, ::text)
        finish()
    }

    private fun Writer.lists(lists: List<ListFile>) = list(lists) { file ->
        text(file.title)
        text(file.path)
        u8(file.role.ordinal)
        option(file.manifest, ::text)
    }
}
