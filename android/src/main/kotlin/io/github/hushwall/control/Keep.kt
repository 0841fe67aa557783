package io.github.hushwall.control

import io.github.hushwall.settings.Settings

/** What has to outlive the process. Called on the queue's thread. */
interface Keep {
    /** What was wanted, and whether a tunnel was up. */
    fun stance(): Stance

    /** Keeps it. */
    fun keep(stance: Stance)

    /** What the owner chose. */
    fun settings(): Settings

    /** Keeps it. */
    fun keep(settings: Settings)

    /** Writes an outage into the record. */
    fun keep(outage: Outage)
}

/** What was wanted and what was so, when it was last written. */
data class Stance(
    /** What the owner wants. */
    val wanted: Wanted = Wanted.Off(WhyOff.OWNER),
    /** Since when a tunnel is up; `null` if none is. */
    val upSince: Long? = null,
    /** Since when protection is wanted and absent, and why; `null` if it is not. */
    val absent: Death? = null,
)
