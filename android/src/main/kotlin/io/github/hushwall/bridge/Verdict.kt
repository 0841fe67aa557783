package io.github.hushwall.bridge

import java.net.InetAddress

/** One verdict with its reason: one a flow or question, never one a packet. */
data class Verdict(
    /** When, in milliseconds since 1970. */
    val at: Long,
    /** The app that owns the flow, where it was asked for and known. */
    val uid: Int?,
    /** How it travelled. */
    val transport: Transport,
    /** What the verdict was made on. */
    val seen: Seen,
    /** The name that was judged; empty where only an address was seen. */
    val name: String,
    /** The far end, or the resolver that was asked. */
    val remote: InetAddress,
    /** The far end's port. */
    val port: Int,
    /** The DNS record type of a question (1 is A, 28 is AAAA, 65 is HTTPS); 0 otherwise. */
    val recordType: Int,
    /** What kind of rule decided. */
    val tier: Tier,
    /** The rule's stable id (`onetrack/tracking-cn`), for a list without ids its pattern; empty for [Tier.NONE]. */
    val ruleId: String,
    /** The title of the rule's list; empty for [Tier.NONE]. */
    val list: String,
    /** One sentence for people, where somebody wrote one. */
    val what: String,
) {
    /** Where it wanted to go: the name, or the address where there is none. */
    val destination: String get() = name.ifEmpty { textOf(remote) }

    /** How a flow or question travelled. */
    enum class Transport { TCP, UDP, DNS, ICMP }

    /** What a verdict was made on. */
    enum class Seen {
        /** The name of a question. */
        QUERY,

        /** An alias in an answer. */
        CNAME,

        /** The target of an SVCB or HTTPS record. */
        TARGET,

        /** A TLS server name. */
        SNI,

        /** A QUIC server name. */
        QUIC,

        /** An HTTP host. */
        HOST,

        /** An address, or nothing but an address. */
        ADDRESS,

        /** QUIC that could not be read. */
        UNREAD,

        /** An address that a server told an app in plain HTTP, past the resolver. */
        HTTP_DNS,
    }

    /** The kinds of rules, in their precedence. */
    enum class Tier {
        /** The owner's rule for this app. */
        APP_RULE,

        /** The owner's allow. */
        OWNER_ALLOW,

        /** The owner's block. */
        OWNER_BLOCK,

        /** An essential name. */
        ESSENTIAL,

        /** A name of a feature in use. */
        FEATURE,

        /** A rule of a list. */
        LIST,

        /** No rule met it. */
        NONE,
    }
}
