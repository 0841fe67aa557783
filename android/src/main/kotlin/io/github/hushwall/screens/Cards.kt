package io.github.hushwall.screens

import android.text.format.DateUtils
import io.github.hushwall.control.Card
import io.github.hushwall.control.Shown
import io.github.hushwall.control.State
import io.github.hushwall.control.Tunnel
import io.github.hushwall.control.kindOf

/** A list of this age is worth a newer version of the app. */
private const val OLD = 90 * DateUtils.DAY_IN_MILLIS

/** A month, near enough for an age. */
private const val MONTH = 30 * DateUtils.DAY_IN_MILLIS

/** The cards that [shown] calls for at [now]. What the state says itself needs none; [lost] are settings by name that were on. */
fun cardsOf(shown: Shown, lost: Map<String, Long>, now: Long): List<Card> {
    val facts = shown.facts
    val cards = mutableListOf<Card>()
    facts.outage?.let { cards += Card.AfterOutage(it) }
    if (facts.tunnel is Tunnel.Up && facts.lockdown && shown.state !is State.Lockdown) cards += Card.OthersCutOff(none = facts.coversAll)
    if (coversNothing(shown) && shown.state !is State.NothingToCover) cards += Card.NothingCovered(facts.leftOut)
    lost.mapTo(cards) { (setting, at) -> Card.TakenBack(setting, at) }
    facts.listDay?.let { day ->
        val age = now - day
        // Said again after as long a time.
        if (age >= OLD) cards += Card.OldList((age / MONTH).toInt(), at = day + age / OLD * OLD)
    }
    return cards
}

/** Kinds of cards whose cause is gone for certain: the next one of them is another event, whatever was dismissed. */
fun goneOf(shown: Shown): List<String> = listOfNotNull(
    kindOf(Card.OthersCutOff(none = false)).takeIf { shown.facts.tunnel is Tunnel.Up && !shown.facts.lockdown },
    kindOf(Card.NothingCovered(leftOut = false)).takeIf { !coversNothing(shown) },
)

private fun coversNothing(shown: Shown) = shown.facts.covered == 0 && !shown.facts.coversAll
