package io.github.hushwall.control

import io.github.hushwall.R
import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.settings.Settings

/** What of the owner's lists and rules is not in force; the screen of lists says so, and Home does not change. */
sealed class ListNote {
    /** A newer edition of the built-in list is not signed by whom it has to be; the one of [day] stays. */
    data class Refused(val day: Long) : ListNote()

    /** The list called [title] cannot be used. */
    data class Unusable(val title: String, val why: Why) : ListNote()

    /** A rule of the owner, or a switch, is none that the engine knows. */
    data class Rule(val name: String) : ListNote()

    /** Why a list cannot be used. */
    enum class Why {
        /** Its file cannot be read. */
        UNREADABLE,

        /** It is damaged, or no list. */
        DAMAGED,

        /** Nobody of ours signed it. */
        UNSIGNED,

        /** Its time is over, or a newer one was here. */
        OLD,
    }
}

/** The note of what the engine refused, if it is one for the owner; [day] is that of the built-in list in force. */
internal fun noteOf(refused: Event.ListRefused, settings: Settings, day: Long?): ListNote? {
    val file = settings.lists.firstOrNull { it.path == refused.path }
    val why = when (refused.code) {
        EngineException.SETTING -> return ListNote.Rule(refused.path)
        EngineException.LIST_UNREADABLE -> ListNote.Why.UNREADABLE
        EngineException.LIST_FORM -> ListNote.Why.DAMAGED
        EngineException.LIST_TRUST -> ListNote.Why.UNSIGNED
        EngineException.LIST_OLD -> ListNote.Why.OLD
        // The page of the last life: the life after this one knows less, which is nothing to do about.
        else -> return null
    }
    val newer = file?.role == ListFile.Role.EDITION && why == ListNote.Why.UNSIGNED
    return if (newer && day != null) ListNote.Refused(day) else ListNote.Unusable(file?.title ?: refused.path, why)
}

/** The words of a note. */
fun textOf(note: ListNote): Text = when (note) {
    is ListNote.Refused -> Text(R.string.list_refused, listOf(Arg.Day(note.day)))
    is ListNote.Rule -> Text(R.string.rule_unusable, listOf(Arg.Name(note.name)))
    is ListNote.Unusable -> Text(
        when (note.why) {
            ListNote.Why.UNREADABLE -> R.string.list_unreadable
            ListNote.Why.DAMAGED -> R.string.list_damaged
            ListNote.Why.UNSIGNED -> R.string.list_unsigned
            ListNote.Why.OLD -> R.string.list_old
        },
        listOf(Arg.Name(note.title)),
    )
}
