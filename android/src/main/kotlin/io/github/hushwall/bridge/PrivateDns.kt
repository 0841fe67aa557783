package io.github.hushwall.bridge

/** Android's setting "Private DNS". */
enum class PrivateDns {
    /** Plain questions. */
    OFF,

    /** Encrypted where the network's resolver offers it. */
    AUTOMATIC,

    /** Encrypted to one host, or not at all. */
    STRICT,
}
