package io.github.hushwall.settings

import io.github.hushwall.bridge.Depth
import io.github.hushwall.bridge.Ech
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.QuicUnread

/** Everything that the owner chose. What is wanted now (on, paused, off) is kept apart, in `Stance`. */
data class Settings(
    /** Which apps are covered. */
    val scope: Scope = Scope(),
    /** How closely is looked. */
    val depth: Depth = Depth.FULL,
    /** How much of the built-in list is in force. */
    val preset: Preset = Preset.BALANCED,
    /** What becomes of QUIC whose server name cannot be read. */
    val quicUnread: QuicUnread = QuicUnread.FORWARD,
    /** What becomes of the keys in answers with which an app hides its server's name. */
    val ech: Ech = Ech.TAKE_OUT,
    /** The switches "I use ..." that are off, by their ids. */
    val featuresOff: Set<String> = emptySet(),
    /** The owner's own rules. */
    val rules: List<OwnerRule> = emptyList(),
    /** List files beside the built-in list. */
    val lists: List<ListFile> = emptyList(),
    /** The highest version of the built-in list that this phone has had. */
    val highestListVersion: Long = 0,
    /** For how many days what was stopped is kept: 0, 1 or 7. */
    val logDays: Int = 7,
    /** How long a pause is, in minutes. */
    val pauseMinutes: Int = 15,
    /** Whether the notification says more than the state. */
    val detail: Boolean = false,
    /** Light, dark, or as the system. */
    val look: Look = Look.SYSTEM,
    /** Whether the wallpaper gives the colours (API 31 and newer). */
    val wallpaperColours: Boolean = false,
)

/** Light or dark. */
enum class Look { SYSTEM, LIGHT, DARK }

/** What the owner chose in [file], on this phone: its list files and what they have been stay. */
fun Settings.restoredFrom(file: Settings): Settings = file.copy(lists = lists, highestListVersion = highestListVersion)
