package io.github.hushwall.settings

import io.github.hushwall.bridge.Action
import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.QuicUnread

/**
 * Settings as text: a first line with the version, then a key and its tab-separated values a line.
 *
 * The file in the app's storage and the one that the owner saves are the same. What a newer version wrote and this one does not
 * know is left out, so that a step back works.
 */
object SettingsText {
    private const val TITLE = "hushwall-settings"
    private const val VERSION = 1

    /** Longer files are no settings. */
    const val MAX_CHARS: Int = 1 shl 20

    /** The text of [settings]. */
    fun emit(settings: Settings): String = buildString {
        val line = { key: String, values: List<String> -> append(key).append('\t').append(values.joinToString("\t")).append('\n') }
        append(TITLE).append(' ').append(VERSION).append('\n')
        val scope = settings.scope
        line("scope", listOf(word(scope.kind)))
        line("system", listOf(word(scope.system)))
        scope.vendorOut.sorted().forEach { line("vendor-out", listOf(it)) }
        scope.vendorIn.sorted().forEach { line("vendor-in", listOf(it)) }
        scope.chosen.sorted().forEach { line("chosen", listOf(it)) }
        scope.allOut.sorted().forEach { line("all-out", listOf(it)) }
        line("depth", listOf(word(settings.depth)))
        line("preset", listOf(word(settings.preset)))
        line("quic-unread", listOf(word(settings.quicUnread)))
        line("ech", listOf(word(settings.ech)))
        settings.featuresOff.sorted().forEach { line("feature-off", listOf(it)) }
        settings.rules.forEach { line("rule", fields(it)) }
        settings.lists.forEach { line("list", listOf(word(it.role), clean(it.title), it.path, it.manifest ?: "-")) }
        line("highest-list", listOf(settings.highestListVersion.toString()))
        line("log-days", listOf(settings.logDays.toString()))
        line("pause-minutes", listOf(settings.pauseMinutes.toString()))
        line("detail", listOf(word(settings.detail)))
        line("look", listOf(word(settings.look)))
        line("wallpaper-colours", listOf(word(settings.wallpaperColours)))
    }

    /** The settings in [text], or `null` if it is not a file of settings. A value that cannot be is left at its default. */
    fun parse(text: String): Settings? {
        if (text.length > MAX_CHARS) return null
        val lines = text.lineSequence().iterator()
        val title = lines.next().split(' ')
        if (title.size != 2 || title[0] != TITLE || (title[1].toIntOrNull() ?: 0) < 1) return null
        var settings = Settings()
        for (line in lines) {
            val fields = line.split('\t')
            if (fields.size >= 2) settings = settings.with(fields[0], fields.drop(1))
        }
        return settings
    }

    private fun Settings.with(key: String, values: List<String>): Settings {
        val value = values[0]
        return when (key) {
            "scope", "system", "vendor-out", "vendor-in", "chosen", "all-out" -> copy(scope = scope.with(key, value))
            "depth" -> copy(depth = choice<Depth>(value) ?: depth)
            "preset" -> copy(preset = choice<Preset>(value) ?: preset)
            "quic-unread" -> copy(quicUnread = choice<QuicUnread>(value) ?: quicUnread)
            "ech" -> copy(ech = choice<Ech>(value) ?: ech)
            "feature-off" -> copy(featuresOff = featuresOff + value)
            "rule" -> rule(values)?.let { copy(rules = rules + it) } ?: this
            "list" -> list(values)?.let { copy(lists = lists + it) } ?: this
            "highest-list" -> copy(highestListVersion = value.toLongOrNull() ?: highestListVersion)
            "log-days" -> copy(logDays = value.toIntOrNull()?.takeIf { it in LOG_DAYS } ?: logDays)
            "pause-minutes" -> copy(pauseMinutes = value.toIntOrNull()?.takeIf { it in PAUSE_MINUTES } ?: pauseMinutes)
            "detail" -> copy(detail = flag(value) ?: detail)
            "look" -> copy(look = choice<Look>(value) ?: look)
            "wallpaper-colours" -> copy(wallpaperColours = flag(value) ?: wallpaperColours)
            else -> this
        }
    }

    private fun Scope.with(key: String, value: String): Scope = when (key) {
        "scope" -> copy(kind = choice<ScopeKind>(value) ?: kind)
        "system" -> copy(system = flag(value) ?: system)
        "vendor-out" -> copy(vendorOut = vendorOut + value)
        "vendor-in" -> copy(vendorIn = vendorIn + value)
        "chosen" -> copy(chosen = chosen + value)
        else -> copy(allOut = allOut + value)
    }

    private fun fields(rule: OwnerRule): List<String> = listOf(
        word(rule.action), if (rule.subdomains) "subdomains" else "exact", clean(rule.name), rule.app ?: "-",
        rule.until?.toString() ?: "-",
    )

    private fun rule(values: List<String>): OwnerRule? {
        if (values.size < 5) return null
        val action = choice<Action>(values[0]) ?: return null
        val subdomains = when (values[1]) {
            "subdomains" -> true
            "exact" -> false
            else -> return null
        }
        if (values[2].isEmpty()) return null
        // A rule whose end cannot be read must not become one without an end.
        val until = if (values[4] == "-") null else values[4].toLongOrNull() ?: return null
        return OwnerRule(values[2], action, subdomains, values[3].takeIf { it != "-" }, until)
    }

    private fun list(values: List<String>): ListFile? {
        if (values.size < 4) return null
        val role = choice<ListFile.Role>(values[0]) ?: return null
        return ListFile(values[1], values[2], role, values[3].takeIf { it != "-" })
    }

    private val LOG_DAYS = setOf(0, 1, 7)
    private val PAUSE_MINUTES = 1..1440

    private fun clean(text: String) = text.filter { it != '\t' && it != '\n' && it != '\r' }

    private fun word(value: Enum<*>) = value.name.lowercase().replace('_', '-')

    private fun word(value: Boolean) = if (value) "on" else "off"

    private fun flag(word: String): Boolean? = when (word) {
        "on" -> true
        "off" -> false
        else -> null
    }

    private inline fun <reified E : Enum<E>> choice(word: String): E? = enumValues<E>().firstOrNull { word(it) == word }
}
