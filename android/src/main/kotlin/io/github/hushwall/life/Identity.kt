package io.github.hushwall.life

/** Whether a package's uid, by which alone Android tells apps apart, is its own. */
internal enum class Identity {
    /** It is. */
    OWN,

    /** Several packages have it. */
    SHARED,

    /** It is the system's own, which many parts have. */
    SYSTEM,
}

/** The identity of [app] among [installed] packages and their uids; `null` where it is not known. */
internal fun identityOf(app: String, installed: Map<String, Int>): Identity? {
    val uid = installed[app] ?: return null
    return when {
        isSystemUid(uid) -> Identity.SYSTEM
        // The system's other identities have parts that Android does not show us.
        uid % UIDS_PER_USER < FIRST_APP_UID -> Identity.SHARED
        installed.count { it.value == uid } > 1 -> Identity.SHARED
        else -> Identity.OWN
    }
}

/** Whether it is the uid of the system itself, for whichever user of the phone. */
internal fun isSystemUid(uid: Int): Boolean = uid % UIDS_PER_USER == SYSTEM_UID

private const val UIDS_PER_USER = 100_000

/** `Process.SYSTEM_UID`. */
private const val SYSTEM_UID = 1000

/** `Process.FIRST_APPLICATION_UID`. */
private const val FIRST_APP_UID = 10_000
