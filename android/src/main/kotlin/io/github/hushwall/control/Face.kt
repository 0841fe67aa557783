package io.github.hushwall.control

/** How a state looks: one row of the table of states. */
data class Face(
    /** The state, in a word or two. */
    val headline: Text,
    /** Why we may say so. */
    val line: Text? = null,
    /** What the owner can do, the likely thing first; empty while there is nothing to do. */
    val buttons: List<Button> = emptyList(),
    /** The silent notification, which stands while the service runs. */
    val standing: Text? = null,
    /** Actions on the silent notification. */
    val standingActions: List<Button> = emptyList(),
    /** A message that calls for attention, once an event. */
    val once: Once? = null,
    /** The tile's second line. */
    val tile: Text,
    /** How the tile is drawn. */
    val tileLook: TileLook,
    /** What the owner should know beside it. */
    val note: Text? = null,
)

/** A message on the channel of outages: at most once a day a [kind]. */
data class Once(val kind: OnceKind, val title: Text, val line: Text)

/** What a message is about. */
enum class OnceKind { KILLED, NOT_RUNNING, OWN_ERROR, OTHER_VPN, TURNED_OFF, FROZEN, STRICT_DNS, LOCKDOWN }

/** How the tile is drawn. */
enum class TileLook { ACTIVE, INACTIVE }

/** A button's meaning; the label is in the resources. */
enum class Button {
    PAUSE, TURN_ON, TURN_ON_NOW, ASK_AGAIN, TEST_NOW, PREVENT, DETAILS, EXPORT_LISTS, VPN_SETTINGS,
    PRIVATE_DNS_SETTINGS, KEEP, CHECK_NAMES, COVER_ALL, CHOOSE_APPS, SOMETHING_BROKE, UPDATE, TRY_AGAIN, FIX,
}
