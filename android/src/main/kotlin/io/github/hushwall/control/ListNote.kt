package io.github.hushwall.control

import io.github.hushwall.R

/** What the screen of lists says of the last update; Home does not change. */
sealed class ListNote {
    /** It could not be had on [day], because of [cause]. */
    data class Failed(val day: Long, val cause: String) : ListNote()

    /** It was had, and its signature does not match; the list of [day] stays. */
    data class Refused(val day: Long) : ListNote()
}

/** The words of a note. */
fun textOf(note: ListNote): Text = when (note) {
    is ListNote.Failed -> Text(R.string.list_failed, listOf(Arg.Day(note.day), Arg.Name(note.cause)))
    is ListNote.Refused -> Text(R.string.list_refused, listOf(Arg.Day(note.day)))
}
