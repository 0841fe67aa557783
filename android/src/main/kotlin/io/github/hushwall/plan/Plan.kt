package io.github.hushwall.plan

/** What the planner makes of the settings. */
sealed class Plan {
    /** A tunnel to establish. */
    data class Ready(
        /** The calls on the builder, in order. */
        val calls: List<Call>,
        /** The installed packages that enter, as far as they are known; the count that the owner reads. */
        val covered: Set<String>,
        /** Whether all apps enter. */
        val coversAll: Boolean,
    ) : Plan()

    /** Nobody would enter. Android takes an empty list for "all apps", so it is refused here. */
    object Empty : Plan()
}
