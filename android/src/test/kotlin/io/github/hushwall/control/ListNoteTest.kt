package io.github.hushwall.control

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Preset
import org.junit.Assert.assertEquals
import org.junit.Test

/** What is said of lists and rules that are not in force. */
class ListNoteTest {
    private val stage = Stage()

    private fun told(path: String, code: Int) {
        stage.controller.told(stage.engine.sessions.last(), Event.ListRefused(path, code, "why"))
        stage.time.settle()
    }

    private fun change(edit: (io.github.hushwall.settings.Settings) -> io.github.hushwall.settings.Settings) {
        stage.controller.change(edit = edit)
        stage.time.settle()
    }

    @Test
    fun a_list_that_cannot_be_used_is_said_by_its_title_and_on_stays_on() {
        stage.on()
        change { it.copy(lists = listOf(ListFile("My list", "/lists/mine"))) }
        told("/lists/mine", EngineException.LIST_FORM)
        told("/lists/mine", EngineException.LIST_FORM)
        assertEquals(listOf(ListNote.Unusable("My list", ListNote.Why.DAMAGED)), stage.facts.listNotes)
        assertEquals(State.Protected(2, null), stage.state)
    }

    @Test
    fun each_code_has_its_words() {
        stage.on()
        change { it.copy(lists = listOf(ListFile("L", "/l"))) }
        for (code in listOf(EngineException.LIST_UNREADABLE, EngineException.LIST_FORM, EngineException.LIST_TRUST, EngineException.LIST_OLD)) {
            told("/l", code)
        }
        assertEquals(ListNote.Why.values().map { ListNote.Unusable("L", it) }, stage.facts.listNotes)
        assertEquals(4, stage.facts.listNotes.map { textOf(it).id }.toSet().size)
    }

    @Test
    fun an_edition_that_is_not_signed_names_the_list_that_stays() {
        stage.on()
        stage.engine.sessions.last().listVersion = 2026112101
        change { it.copy(lists = listOf(ListFile("Built-in list", "/edition", ListFile.Role.EDITION))) }
        told("/edition", EngineException.LIST_TRUST)
        assertEquals(listOf(ListNote.Refused(checkNotNull(dayOf(2026112101)))), stage.facts.listNotes)
        assertEquals(null, dayOf(0))
        assertEquals(null, dayOf(2026139901))
    }

    @Test
    fun a_rule_that_is_none_is_said_and_the_page_of_the_last_life_is_not() {
        stage.on()
        told("not/a/name", EngineException.SETTING)
        told("/files/last-awake", EngineException.SYSTEM)
        assertEquals(listOf(ListNote.Rule("not/a/name")), stage.facts.listNotes)
    }

    @Test
    fun what_is_built_anew_is_told_of_anew() {
        stage.on()
        told("not/a/name", EngineException.SETTING)
        stage.controller.packagesChanged()
        stage.time.settle()
        assertEquals("nothing was built", 1, stage.facts.listNotes.size)
        change { it.copy(preset = Preset.EVERYTHING) }
        assertEquals(emptyList<ListNote>(), stage.facts.listNotes)
    }
}
