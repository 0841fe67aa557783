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

    /** Android cuts off the apps outside the tunnel, and all of them while there is none; [none] if none is outside. */
    data class OthersCutOff(val none: Boolean) : Card() {
        override val at: Long get() = STANDING
    }

    /** Nothing on this phone is covered; [leftOut] if that is the owner's choice. */
    data class NothingCovered(val leftOut: Boolean) : Card() {
        override val at: Long get() = STANDING
    }

    /** A setting that keeps us alive was on and is off again; [setting] as the phone names it. */
    data class TakenBack(val setting: String, override val at: Long) : Card()

    /** The list is [months] old. */
    data class OldList(val months: Int, override val at: Long) : Card()

    private companion object {
        /** Of what is so without a moment at which it came about: a dismissal of it is forgotten when it is no longer so. */
        const val STANDING = 0L
    }
}

/** How a card reads, and its one button. */
data class CardFace(val text: Text, val button: Button)

/** The words of a card. */
fun faceOf(card: Card): CardFace = when (card) {
    is Card.AfterOutage -> CardFace(Text(R.string.outage_means), Button.PREVENT)
    is Card.OthersCutOff ->
        CardFace(Text(if (card.none) R.string.card_lockdown_all else R.string.card_lockdown), Button.VPN_SETTINGS)
    is Card.NothingCovered -> CardFace(nothingLine(card.leftOut), Button.CHOOSE_APPS)
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
