package io.github.hushwall.screens

import android.app.Activity
import android.view.View
import android.widget.ListView
import android.widget.Switch
import io.github.hushwall.control.State
import io.github.hushwall.settings.Scope
import io.github.hushwall.settings.ScopeKind
import io.github.hushwall.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** Screens with more rows than anybody looks at. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class LongPageTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk

    private fun open(type: Class<out Activity>): ListView {
        val page = Robolectric.buildActivity(type).setup().get()
        application.settle()
        return Look.all(page.window.decorView).filterIsInstance<ListView>().single()
    }

    private fun all() = desk.show(
        State.Protected(null, null), settings = Settings(scope = Scope(ScopeKind.ALL, allOut = setOf("org.example.app3"))),
    )

    @Test
    fun `three thousand stops are as light as thirty, and each is there`() {
        desk.stops = List(3_000) { FakeDesk.STOPS[0].copy(key = "$it", app = "App $it") }
        desk.show(State.Protected(31, null))
        val list = open(StoppedActivity::class.java)
        assertTrue("${list.childCount} rows", list.childCount < 40)
        assertTrue(list.adapter.count > 3_000)
        val ids = (0 until list.adapter.count).map(list.adapter::getItemId)
        assertEquals("each row has an id of its own", ids.size, ids.toSet().size)
        list.setSelection(list.adapter.count - 1)
        application.settle()
        assertTrue(Look.all(list).any { it.contentDescription?.startsWith("App 2999") == true })
    }

    @Test
    fun `one of four hundred apps is left out by one tap, and the list stays where it is`() {
        desk.others = List(400) { CoveredApp("org.example.app$it", "App $it") }
        all()
        val list = open(AppsActivity::class.java)
        list.setSelection(50)
        application.settle()
        val first = list.firstVisiblePosition
        val row = Look.all(list).first { it.contentDescription?.startsWith("App ") == true }
        row.performClick()
        application.settle()
        assertEquals(2, checkNotNull(desk.shown).settings.scope.allOut.size)
        assertEquals(first, list.firstVisiblePosition)
        assertTrue(list.childCount < 40)
    }

    @Test
    fun `a row says what it is and how it stands`() {
        desk.others = List(4) { CoveredApp("org.example.app$it", "App $it") }
        all()
        val list = open(AppsActivity::class.java)
        Look(list.context as Activity)
        val switches = Look.all(list).filter { it.contentDescription?.startsWith("App ") == true }
            .associate { it.contentDescription.substring(0, 5) to Look.all(it).filterIsInstance<Switch>().single().isChecked }
        assertEquals(4, switches.size)
        assertFalse(checkNotNull(switches["App 3"]))
        assertTrue(checkNotNull(switches["App 1"]))
        assertEquals(View.IMPORTANT_FOR_ACCESSIBILITY_NO, Look.all(list).filterIsInstance<Switch>().first().importantForAccessibility)
    }
}
