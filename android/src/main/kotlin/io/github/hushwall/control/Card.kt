package io.github.hushwall.control

import io.github.hushwall.R

/** What Home says beneath the state: one card at most. */
sealed class Card {
    /** When what it tells of happened: a card that was dismissed comes back only with a newer one. */
    abstract val at: Long

    /** An outage that the owner has not seen. */
    data class AfterOutage(val outage: Outage) : Card() {
        override val at: Long get() = outage.to
    }

    /** Android cuts off the apps outside the tunnel. */
    data class OthersCutOff(override val at: Long) : Card()

    /** Nothing on this phone is covered. */
    data class NothingCovered(override val at: Long) : Card()

    /** The phone took back a setting that keeps us alive; [setting] as the phone names it. */
    data class TakenBack(val setting: String, override val at: Long) : Card()

    /** The list is [months] old. */
    data class OldList(val months: Int, override val at: Long) : Card()
}

/** How a card reads, and its one button. */
data class CardFace(val text: Text, val button: Button)

/** The words of a card. */
fun faceOf(card: Card): CardFace = when (card) {
    is Card.AfterOutage -> CardFace(Text(R.string.outage_means), Button.PREVENT)
    is Card.OthersCutOff -> CardFace(Text(R.string.line_lockdown), Button.VPN_SETTINGS)
    is Card.NothingCovered -> CardFace(Text(R.string.line_nothing), Button.CHOOSE_APPS)
    is Card.TakenBack -> CardFace(Text(R.string.card_taken_back, listOf(Arg.Name(card.setting))), Button.FIX)
    is Card.OldList -> CardFace(
        Text(R.plurals.card_old_list, listOf(Arg.Count(card.months)), card.months),
        Button.UPDATE,
    )
}

/** The one card to show: outage, other apps cut off, nothing covered, to do, old list; [dismissed] has times by kind. */
fun topCard(cards: List<Card>, dismissed: Map<String, Long>): Card? = cards
    .filter { it.at > (dismissed[kindOf(it)] ?: Long.MIN_VALUE) }
    .minWithOrNull(compareBy({ rank(it) }, { -it.at }))

/** The name under which a dismissal of such a card is kept. */
fun kindOf(card: Card): String = when (card) {
    is Card.AfterOutage -> "outage"
    is Card.OthersCutOff -> "lockdown"
    is Card.NothingCovered -> "nothing"
    is Card.TakenBack -> "taken-back"
    is Card.OldList -> "old-list"
}

private fun rank(card: Card): Int = when (card) {
    is Card.AfterOutage -> 0
    is Card.OthersCutOff -> 1
    is Card.NothingCovered -> 2
    is Card.TakenBack -> 3
    is Card.OldList -> 4
}
