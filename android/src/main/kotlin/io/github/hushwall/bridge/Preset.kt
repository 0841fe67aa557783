package io.github.hushwall.bridge

/** How much of the built-in list is in force; each contains the one before. */
enum class Preset {
    /** None of its blocks; essential and feature names stay. */
    NONE,

    /** Rules with evidence of our own and no breakage found. */
    NOTHING_BREAKS,

    /** Plus what others list, and unknown or cosmetic breakage. */
    BALANCED,

    /** All that is shipped. */
    EVERYTHING,
}
