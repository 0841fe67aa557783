package io.github.hushwall.bridge

/** What becomes of the keys for Encrypted ClientHello in answers, with which an app hides its server's name. */
enum class Ech {
    /** They are taken out: names stay readable, for Hushwall and for the network. */
    TAKE_OUT,

    /** They stay, and a name may be hidden. At [Depth.DNS] they always do. */
    KEEP,
}
