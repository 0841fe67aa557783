package io.github.hushwall.screens

/** Counts rows that came since a list was read, on whatever thread they are told of; one that only changed is none. */
internal class FreshKeys(private val grew: () -> Unit) : (String) -> Unit {
    private val known = HashSet<String>()
    private val fresh = HashSet<String>()

    /** How many. */
    val count: Int @Synchronized get() = fresh.size

    override fun invoke(key: String) {
        if (note(key)) grew()
    }

    /** The list is read anew: what comes from now on may be in it, or not. */
    @Synchronized
    fun clear() {
        known.clear()
        fresh.clear()
    }

    /** The list has [keys]. */
    @Synchronized
    fun know(keys: List<String>) {
        known += keys
        fresh -= known
    }

    @Synchronized
    private fun note(key: String): Boolean = key !in known && fresh.add(key)
}
