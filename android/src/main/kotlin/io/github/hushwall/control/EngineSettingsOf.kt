package io.github.hushwall.control

import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Log
import io.github.hushwall.bridge.OwnRule
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.QuicUnread
import io.github.hushwall.plan.Addresses
import io.github.hushwall.plan.Planner
import io.github.hushwall.settings.OwnerRule
import io.github.hushwall.settings.Settings

/** What of the engine's settings the phone decides, not the owner. */
data class Capabilities(
    /** Whether Android tells who owns a flow, API 29. */
    val knowsOwners: Boolean,
    /** Whether questions can go through the system's resolver, API 29. */
    val asksSystem: Boolean,
    /** Says which file takes the last stamp. */
    val stampPath: () -> String?,
)

/** The engine's settings for [settings] at [now]; [installed] gives the uid of a rule's app. */
fun engineSettingsOf(
    settings: Settings,
    capabilities: Capabilities,
    installed: Map<String, Int>,
    now: Long,
): EngineSettings = EngineSettings(
    depth = settings.depth,
    preset = settings.preset,
    featuresOff = settings.featuresOff,
    mtu = Planner.MTU,
    ownResolvers = Addresses.RESOLVERS,
    rules = settings.rules.filter { inForce(it, now) }.mapNotNull { ownRule(it, installed, capabilities.knowsOwners) },
    lists = settings.lists,
    highestListVersion = settings.highestListVersion,
    quicUnread = settings.quicUnread,
    ech = settings.ech,
    log = if (settings.logDays > 0) Log.ALL else Log.OFF,
    knowsOwners = capabilities.knowsOwners,
    asksSystem = capabilities.asksSystem,
    stampPath = capabilities.stampPath(),
)

/**
 * Settings that let everything through, for a pause in which the tunnel has to stay. Answers stay without keys for ECH, if they
 * are to be: an app would use one long after the pause.
 */
fun lettingAllThrough(settings: EngineSettings): EngineSettings = settings.copy(
    preset = Preset.NONE,
    featuresOff = emptySet(),
    rules = emptyList(),
    lists = emptyList(),
    quicUnread = QuicUnread.FORWARD,
)

/** When the next rule with an end ends after [now]. */
fun nextRuleEnd(settings: Settings, now: Long): Long? = settings.rules.mapNotNull { it.until }.filter { it > now }.minOrNull()

private fun inForce(rule: OwnerRule, now: Long): Boolean = rule.until == null || rule.until > now

/**
 * A rule for an app that is not there is a rule for nobody, never one for all. Where Android does not say whose a flow is, a rule is
 * for all covered apps, as the screens say; one from another phone's settings, too.
 */
private fun ownRule(rule: OwnerRule, installed: Map<String, Int>, knowsOwners: Boolean): OwnRule? {
    val uid = rule.app?.let { installed[it] ?: return null }
    return OwnRule(rule.name, rule.action, rule.subdomains, uid.takeIf { knowsOwners })
}
