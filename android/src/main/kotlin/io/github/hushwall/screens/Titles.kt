package io.github.hushwall.screens

import io.github.hushwall.R
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.State
import io.github.hushwall.settings.ScopeKind

/** The name of a preset. */
fun titleOf(preset: Preset): Int = when (preset) {
    Preset.NONE -> R.string.log_off
    Preset.NOTHING_BREAKS -> R.string.preset_nothing_breaks
    Preset.BALANCED -> R.string.preset_balanced
    Preset.EVERYTHING -> R.string.preset_everything
}

/** Which apps, in a few words. */
fun titleOf(kind: ScopeKind): Int = when (kind) {
    ScopeKind.VENDOR -> R.string.scope_vendor_title
    ScopeKind.CHOSEN -> R.string.scope_chosen_title
    ScopeKind.ALL -> R.string.scope_all_title
}

/** What a record's purpose is for people. */
fun titleOfPurpose(purpose: String): Int = when (purpose) {
    "usage" -> R.string.purpose_usage
    "crash" -> R.string.purpose_crash
    "ads" -> R.string.purpose_ads
    "config" -> R.string.purpose_config
    "resolver" -> R.string.purpose_resolver
    "canary" -> R.string.purpose_canary
    else -> R.string.purpose_unknown
}

/** Where a name was seen. */
fun titleOf(seen: Verdict.Seen): Int = when (seen) {
    Verdict.Seen.QUERY -> R.string.seen_query
    Verdict.Seen.CNAME, Verdict.Seen.TARGET -> R.string.seen_answer
    Verdict.Seen.SNI, Verdict.Seen.QUIC -> R.string.seen_sni
    Verdict.Seen.HOST -> R.string.seen_host
    Verdict.Seen.ADDRESS -> R.string.seen_address
    Verdict.Seen.UNREAD -> R.string.seen_unread
    Verdict.Seen.HTTP_DNS -> R.string.seen_httpdns
}

/** What ended protection, in words. */
fun titleOf(cause: OutageCause): Int = when (cause) {
    OutageCause.KILLED -> R.string.cause_killed
    OutageCause.FROZEN -> R.string.cause_frozen
    OutageCause.OWN_ERROR -> R.string.cause_own
    OutageCause.UPDATED -> R.string.cause_updated
    OutageCause.NOT_STARTED -> R.string.cause_not_started
}

/** What keeps the app running, as the phone names it. */
fun titleOf(check: Check.Kind): Int = when (check) {
    Check.Kind.AUTOSTART -> R.string.check_autostart
    Check.Kind.BATTERY -> R.string.check_battery
    Check.Kind.LOCK -> R.string.check_lock
    Check.Kind.ALWAYS_ON -> R.string.check_always_on
    Check.Kind.NOTIFICATIONS -> R.string.check_notifications
}

/** The shape beside the headline, so that a state is never told by colour alone. */
fun shapeOf(state: State): Int = when (state) {
    is State.Protected, is State.NoNetwork, is State.KilledAndBack, is State.Frozen, is State.OwnError -> R.drawable.shape_on
    is State.Starting, is State.NotSeen, is State.InPart -> R.drawable.shape_part
    is State.Paused -> R.drawable.shape_paused
    is State.NotRunning, is State.NotProtecting, is State.Lockdown, is State.ConsentAtOnce -> R.drawable.shape_trouble
    is State.Off, is State.OtherVpn, is State.TurnedOff, is State.ConsentRefused, is State.NothingToCover -> R.drawable.shape_off
}
