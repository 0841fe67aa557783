package io.github.hushwall.control

import io.github.hushwall.R

/** An own error that was shorter than this is not announced. */
const val SHORT_OUTAGE: Long = 60_000

/** The table of states. */
fun faceOf(state: State): Face = when (state) {
    is State.Protected -> on(protectedLine(state), listOf(Button.PAUSE))
    is State.NoNetwork -> on(Text(R.string.line_no_network), listOf(Button.PAUSE))
    is State.KilledAndBack -> on(outageLine(state.outage), listOf(Button.PREVENT), OnceKind.KILLED)
    is State.Frozen -> on(frozenLine(state.outage), listOf(Button.PREVENT), OnceKind.FROZEN)
    is State.OwnError -> on(
        Text(R.string.outage_own, listOf(Arg.Span(state.outage.atLeast))),
        listOf(Button.DETAILS),
        OnceKind.OWN_ERROR.takeIf { state.outage.atLeast >= SHORT_OUTAGE },
    )
    is State.Starting -> Face(
        headline = Text(R.string.state_starting),
        standing = Text(R.string.state_starting),
        tile = Text(R.string.state_starting),
        tileLook = TileLook.ACTIVE,
    )
    is State.NotSeen -> notSeen(state)
    is State.Paused -> paused(state)
    is State.InPart -> inPart(state)
    is State.NotProtecting -> notProtecting(state)
    is State.Lockdown -> lockdown(state)
    is State.NotRunning -> notRunning(state)
    is State.Off -> off(Text(R.string.state_off), Text(R.string.line_off), listOf(Button.TURN_ON))
    is State.OtherVpn -> off(
        Text(R.string.state_other_vpn),
        Text(R.string.one_vpn),
        listOf(Button.TURN_ON, Button.EXPORT_LISTS),
        OnceKind.OTHER_VPN,
    )
    is State.TurnedOff -> off(
        Text(R.string.state_off),
        Text(R.string.line_turned_off),
        listOf(Button.TURN_ON),
        OnceKind.TURNED_OFF,
    )
    is State.ConsentRefused -> off(Text(R.string.state_off), Text(R.string.line_refused), listOf(Button.ASK_AGAIN))
    is State.ConsentAtOnce -> off(
        Text(R.string.state_cannot),
        Text(R.string.line_at_once),
        listOf(Button.VPN_SETTINGS, Button.EXPORT_LISTS),
    )
    is State.NothingToCover -> off(
        Text(R.string.state_nothing),
        nothingLine(state.leftOut),
        listOf(Button.CHOOSE_APPS, Button.COVER_ALL),
    )
}

/** Why nothing is covered. */
internal fun nothingLine(leftOut: Boolean) = Text(if (leftOut) R.string.line_nothing_chosen else R.string.line_nothing)

private fun protectedLine(state: State.Protected): Text {
    val age = state.lastSeen?.let { Arg.Age(it) }
    val apps = state.apps?.let { Arg.Count(it) }
    return when {
        apps == null && age == null -> Text(R.string.line_all_covered)
        apps == null && age != null -> Text(R.string.line_all_seen, listOf(age))
        apps != null && age == null -> Text(R.plurals.line_covered, listOf(apps), apps.number)
        else -> Text(R.plurals.line_seen, listOfNotNull(apps, age), apps?.number)
    }
}

private fun outageLine(outage: Outage): Text {
    val line = if (outage.cause == OutageCause.NOT_STARTED) R.string.outage_not_started else R.string.outage
    return Text(line, listOf(Arg.Range(outage.from), Arg.Time(outage.to)))
}

private fun frozenLine(outage: Outage): Text =
    Text(R.string.line_frozen, listOf(Arg.Range(outage.from), Arg.Time(outage.to)))

private fun on(line: Text, buttons: List<Button>, once: OnceKind? = null): Face {
    val headline = Text(R.string.state_on)
    return Face(
        headline = headline,
        line = line,
        buttons = buttons,
        standing = headline,
        standingActions = listOf(Button.PAUSE, Button.SOMETHING_BROKE),
        once = once?.let { Once(it, Text(titleOf(it)), line) },
        tile = headline,
        tileLook = TileLook.ACTIVE,
    )
}

private fun titleOf(kind: OnceKind): Int = when (kind) {
    OnceKind.OWN_ERROR -> R.string.title_own_error
    else -> R.string.title_outage
}

private fun notSeen(state: State.NotSeen): Face = Face(
    headline = Text(R.string.state_not_seen),
    line = Text(R.string.line_not_seen, listOf(Arg.Time(state.since))),
    buttons = listOf(Button.TEST_NOW),
    standing = Text(R.string.state_not_seen),
    standingActions = listOf(Button.PAUSE, Button.SOMETHING_BROKE),
    tile = Text(R.string.tile_not_seen),
    tileLook = TileLook.ACTIVE,
)

private fun paused(state: State.Paused): Face {
    val headline = Text(R.string.state_paused, listOf(Arg.Time(state.until)))
    return Face(
        headline = headline,
        line = Text(R.string.line_paused),
        buttons = listOf(Button.TURN_ON_NOW),
        standing = headline,
        standingActions = listOf(Button.TURN_ON),
        tile = Text(R.string.tile_paused, listOf(Arg.Left(state.until))),
        tileLook = TileLook.INACTIVE,
        note = Text(R.string.note_key_stays).takeIf { state.keyStays },
    )
}

private fun inPart(state: State.InPart): Face = Face(
    headline = Text(R.string.state_in_part),
    line = Text(R.string.line_in_part, listOf(Arg.Name(state.host))),
    buttons = listOf(Button.PRIVATE_DNS_SETTINGS, Button.KEEP),
    standing = Text(R.string.state_in_part),
    standingActions = listOf(Button.PAUSE, Button.SOMETHING_BROKE),
    tile = Text(R.string.tile_in_part),
    tileLook = TileLook.ACTIVE,
)

private fun notRunning(state: State.NotRunning): Face = problem(
    OnceKind.NOT_RUNNING,
    Text(R.string.state_not_running),
    notRunningLine(state),
    listOf(Button.TURN_ON),
).copy(standing = null)

/** Only what is known: of another VPN and of a fault of our own Android is not to blame. */
private fun notRunningLine(state: State.NotRunning): Text {
    val line = when (state.cause) {
        Failure.NOT_PREPARED -> return Text(R.string.one_vpn)
        Failure.NO_CONSENT -> R.string.line_no_consent
        Failure.ENGINE -> R.string.line_no_engine
        Failure.BAD_PLAN, Failure.SYSTEM_REFUSED, Failure.FORBIDDEN -> R.string.line_no_vpn
        Failure.FOREGROUND_REFUSED, null -> R.string.line_not_running
    }
    return Text(line, listOf(Arg.Time(state.since)))
}

private fun notProtecting(state: State.NotProtecting): Face = problem(
    OnceKind.STRICT_DNS,
    Text(R.string.state_not_protecting),
    Text(R.string.line_not_protecting, listOf(Arg.Name(state.host))),
    listOf(Button.CHECK_NAMES),
)

private fun lockdown(state: State.Lockdown): Face = problem(
    OnceKind.LOCKDOWN,
    Text(if (state.questionsOnly) R.string.state_lockdown_all else R.string.state_lockdown),
    Text(if (state.questionsOnly) R.string.line_lockdown_all else R.string.line_lockdown),
    listOf(Button.VPN_SETTINGS, if (state.questionsOnly) Button.CHECK_NAMES else Button.COVER_ALL),
)

private fun problem(kind: OnceKind, headline: Text, line: Text, buttons: List<Button>): Face = Face(
    headline = headline,
    line = line,
    buttons = buttons,
    standing = headline,
    once = Once(kind, headline, line),
    tile = Text(R.string.tile_problem),
    tileLook = TileLook.INACTIVE,
)

private fun off(headline: Text, line: Text, buttons: List<Button>, once: OnceKind? = null): Face = Face(
    headline = headline,
    line = line,
    buttons = buttons,
    once = once?.let { Once(it, headline, line) },
    tile = Text(R.string.state_off),
    tileLook = TileLook.INACTIVE,
)
