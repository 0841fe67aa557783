package io.github.hushwall.bridge

/** All counters of one moment, since the session began. */
data class Snapshot(
    /** The last time an app sent something into the tunnel, in milliseconds since 1970; 0 if never. */
    val lastSeenApp: Long,
    /** Packets from apps. */
    val packetsIn: Long,
    /** Packets to apps. */
    val packetsOut: Long,
    /** Payload bytes forwarded from apps. */
    val bytesUp: Long,
    /** Payload bytes forwarded to apps. */
    val bytesDown: Long,
    /** TCP flows open now. */
    val tcpFlows: Long,
    /** UDP mappings open now. */
    val udpMappings: Long,
    /** Questions taken. */
    val questions: Long,
    /** Flows and questions let through. */
    val allowed: Long,
    /** Flows and questions refused. */
    val blocked: Long,
    /** Packets dropped, for whatever reason. */
    val discarded: Long,
    /** Segments sent again. */
    val retransmitted: Long,
    /** Flows that ended because a table was full. */
    val evicted: Long,
    /** Turns of the engine's loop; an idle engine makes none. */
    val turns: Long,
    /** Engines lost to a panic. */
    val panics: Long,
    /** Sockets that could not be opened. */
    val socketsRefused: Long,
    /** Packets that the TUN had no room for. */
    val tunFull: Long,
    /** Rules in force. */
    val rules: Long,
    /** The version of the built-in list in force, such as 2026112101. */
    val listVersion: Long,
    /** Refused questions of which nothing was sent. */
    val answeredHere: Long = 0,
)
