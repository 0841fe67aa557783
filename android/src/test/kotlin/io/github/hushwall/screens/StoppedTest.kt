package io.github.hushwall.screens

import android.view.View
import android.widget.ListView
import android.widget.TextView
import io.github.hushwall.R
import io.github.hushwall.control.State
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config

/** The list of what was stopped: it stands still while it is read, and has its reasons beside it where there is room. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class StoppedTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication
    private val desk get() = application.desk

    @Before
    fun on() = desk.show(State.Protected(31, null))

    private fun open(): ActivityController<StoppedActivity> =
        Robolectric.buildActivity(StoppedActivity::class.java).setup().also { application.settle() }

    private fun stop(name: String) = FakeDesk.STOPS[1].copy(key = name, app = name)

    private fun row(page: StoppedActivity, app: String): View? =
        Look.all(page.window.decorView).find { it.contentDescription?.startsWith("$app. ") == true }

    private fun button(page: StoppedActivity, words: String): View? =
        Look.all(page.window.decorView).find { it is TextView && it.text.toString() == words }

    @Test
    fun `what comes while the list is read is counted and moves no row`() {
        desk.stops = List(40) { stop("App $it") }
        val page = open().get()
        Look(page)
        val list = Look.all(page.window.decorView).filterIsInstance<ListView>().single()
        val tops = List(5) { checkNotNull(row(page, "App $it")).let { row -> IntArray(2).also(row::getLocationInWindow)[1] } }
        for (name in listOf("New 1", "New 2", "App 3", "New 2")) desk.stops(stop(name))
        application.settle()
        assertEquals(tops, List(5) { checkNotNull(row(page, "App $it")).let { row -> IntArray(2).also(row::getLocationInWindow)[1] } })
        assertNull(row(page, "New 1"))
        assertEquals("as many rows as before, headings and the last line among them", 43, list.adapter.count)
        val show = checkNotNull(button(page, "2 new, show"))
        show.performClick()
        application.settle()
        Look(page)
        assertNotNull(row(page, "New 1"))
        assertNotNull(row(page, "New 2"))
        assertNull(button(page, "2 new, show"))
        assertEquals(0, list.firstVisiblePosition)
    }

    @Test
    fun `the first one of all is shown at once`() {
        desk.stops = emptyList()
        val page = open().get()
        desk.stops(stop("First"))
        application.settle()
        Look(page)
        assertNotNull(row(page, "First"))
    }

    @Test
    fun `what comes while another app is in front is counted when the owner is back, and nothing once the list is closed`() {
        val controller = open()
        controller.pause().stop()
        desk.stops(stop("New"))
        controller.restart().start().resume()
        application.settle()
        assertNotNull(button(controller.get(), "1 new, show"))
        controller.pause().stop().destroy()
        assertEquals(0, desk.stopWatchers.size)
    }

    @Test
    @Config(qualifiers = "+w840dp-h480dp-land")
    fun `where there is room the reason stands beside the list, and is there after the phone was turned`() {
        val controller = open()
        val page = controller.get()
        Look(page)
        assertTrue(says(page, R.string.stopped_choose))
        checkNotNull(row(page, "MSA")).performClick()
        application.settle()
        assertNull("no other screen", shadowOf(page).nextStartedActivity)
        assertTrue(says(page, R.string.why_reach))
        Look(page)
        assertTrue(checkNotNull(row(page, "MSA")).isSelected)
        assertFalse(checkNotNull(row(page, "Mi Browser")).isSelected)
        controller.recreate()
        application.settle()
        assertTrue(says(controller.get(), R.string.why_reach))
    }

    private fun says(page: StoppedActivity, words: Int) = button(page, page.getString(words)) != null
}
