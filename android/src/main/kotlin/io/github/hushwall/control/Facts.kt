package io.github.hushwall.control

/** All that the state is a function of. */
data class Facts(
    /** What the owner wants. */
    val wanted: Wanted = Wanted.Off(WhyOff.OWNER),
    /** What is. */
    val tunnel: Tunnel = Tunnel.Down,
    /** Apps on this phone that the tunnel covers. */
    val covered: Int = 1,
    /** Whether every app is covered. */
    val coversAll: Boolean = false,
    /** Whether nothing is covered because the owner chose so, not for want of apps that could be. */
    val leftOut: Boolean = false,
    /** Whether only questions are looked at, no server names. */
    val questionsOnly: Boolean = false,
    /** When a covered app was last seen by the engine. */
    val lastSeen: Long? = null,
    /** For how long the phone was in use since then, in milliseconds. */
    val usedSince: Long = 0,
    /** When the owner last unlocked the phone. */
    val lastUnlock: Long? = null,
    /** Whether there is a network with internet. */
    val online: Boolean = true,
    /** The host name of a strict Private DNS, where one is set. */
    val strictDns: String? = null,
    /** Whether this is the phone's always-on VPN. */
    val alwaysOn: Boolean = false,
    /** Whether Android cuts off what is outside the tunnel. */
    val lockdown: Boolean = false,
    /** When a tunnel last took the place of another, by which covered apps reconnect. */
    val reconnected: Long? = null,
    /** The day of the built-in list in force, where the engine has said it. */
    val listDay: Long? = null,
    /** What of the owner's lists and rules is not in force. */
    val listNotes: List<ListNote> = emptyList(),
    /** The last outage, until the owner has seen it. */
    val outage: Outage? = null,
)
