package io.github.hushwall.control

/** A tunnel that takes longer than this to make is said to be not running. */
const val STARTING_LIMIT: Long = 5_000

/** So much use of the phone without a covered app is worth saying. */
const val UNSEEN_LIMIT: Long = 24 * 3_600_000L

/** An outage that nobody looked at is said on Home for so long; the record keeps it. */
const val OUTAGE_SHOWN: Long = 24 * 3_600_000L

/** The state that [facts] amount to at [now] (wall clock, milliseconds). */
fun stateOf(facts: Facts, now: Long): State = when (val wanted = facts.wanted) {
    is Wanted.Off -> offState(wanted.why)
    is Wanted.Paused -> State.Paused(wanted.until, keyStays = facts.tunnel is Tunnel.Up)
    is Wanted.On -> onState(facts, now)
}

private fun offState(why: WhyOff): State = when (why) {
    WhyOff.OWNER -> State.Off
    WhyOff.OTHER_VPN -> State.OtherVpn
    WhyOff.VPN_SETTINGS -> State.TurnedOff
    WhyOff.CONSENT_REFUSED -> State.ConsentRefused
    WhyOff.CONSENT_AT_ONCE -> State.ConsentAtOnce
}

private fun onState(facts: Facts, now: Long): State {
    if (facts.covered == 0 && !facts.coversAll) return State.NothingToCover(facts.leftOut)
    return when (val tunnel = facts.tunnel) {
        is Tunnel.Up -> upState(facts, tunnel, now)
        is Tunnel.Starting -> if (now - tunnel.since > STARTING_LIMIT) State.NotRunning(tunnel.since) else State.Starting
        is Tunnel.Failed -> State.NotRunning(tunnel.since, tunnel.cause)
        is Tunnel.Down -> State.NotRunning(facts.outage?.from?.earliest ?: now)
    }
}

/** The worst truth first: what is not protected now goes before what was not. */
private fun upState(facts: Facts, tunnel: Tunnel.Up, now: Long): State {
    val host = facts.strictDns
    if (host != null && facts.questionsOnly) return State.NotProtecting(host)
    if (facts.lockdown && (facts.questionsOnly || !facts.coversAll)) return State.Lockdown(facts.questionsOnly)
    if (host != null) return State.InPart(host)
    facts.outage?.takeIf { now - it.to < OUTAGE_SHOWN && it.cause != OutageCause.UPDATED }?.let { return outageState(it) }
    if (!facts.online) return State.NoNetwork
    if (facts.usedSince >= UNSEEN_LIMIT) return State.NotSeen(facts.lastSeen ?: tunnel.since)
    return State.Protected(facts.covered.takeUnless { facts.coversAll }, facts.lastSeen)
}

private fun outageState(outage: Outage): State = when (outage.cause) {
    OutageCause.KILLED, OutageCause.UPDATED, OutageCause.NOT_STARTED -> State.KilledAndBack(outage)
    OutageCause.FROZEN -> State.Frozen(outage)
    OutageCause.OWN_ERROR -> State.OwnError(outage)
}
