package io.github.hushwall.plan

/**
 * The fewest networks that together are [whole] without [excluded]: what `excludeRoute` says in one call from API 33 on, as plain
 * routes for the levels before.
 */
fun complement(whole: Prefix, excluded: List<Prefix>): List<Prefix> = when {
    excluded.any { it.contains(whole) } -> emptyList()
    excluded.none { whole.contains(it) } -> listOf(whole)
    else -> whole.halves().flatMap { complement(it, excluded) }
}
