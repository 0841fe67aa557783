package io.github.hushwall.bridge

import java.net.InetAddress

/** Everything the owner chose, and what the session was established with. */
data class EngineSettings(
    /** What is inspected. */
    val depth: Depth = Depth.FULL,
    /** How much of the built-in list is in force. */
    val preset: Preset = Preset.BALANCED,
    /** The switches "I use ..." that are off, by their ids (`themes`). */
    val featuresOff: Set<String> = emptySet(),
    /** The TUN's MTU in bytes. */
    val mtu: Int = 9000,
    /** The largest packet written to the TUN, in bytes; 0 leaves it to what the kernel takes. */
    val segmentLimit: Int = 0,
    /** The resolver addresses that the session announces to apps; their port 853 is refused. */
    val ownResolvers: List<InetAddress> = emptyList(),
    /** The owner's own rules. */
    val rules: List<OwnRule> = emptyList(),
    /** List files beside the built-in list. */
    val lists: List<ListFile> = emptyList(),
    /** The highest version of the built-in list that this phone has had; 0 if only the one inside the app. */
    val highestListVersion: Long = 0,
    /** For how long a blocked answer lives, in seconds. */
    val blockedAnswerSeconds: Int = 10,
    /** For how long an answer on which apps differ lives, in seconds. */
    val sharedAnswerSeconds: Int = 5,
    /** What becomes of QUIC whose server name cannot be read. */
    val quicUnread: QuicUnread = QuicUnread.FORWARD,
    /** What becomes of the keys in answers with which an app hides its server's name. */
    val ech: Ech = Ech.TAKE_OUT,
    /** Which verdicts are told. */
    val log: Log = Log.ALL,
    /** Whether somebody answers [Event.WhoOwns] (API 29 and newer). Otherwise rules for one app are not in force. */
    val knowsOwners: Boolean = false,
    /** Whether questions go through the system's resolver, which honours Private DNS (API 29 and newer). */
    val asksSystem: Boolean = false,
    /** A file of one page into which the engine writes when it was last awake; see [LastLife]. */
    val stampPath: String? = null,
)
