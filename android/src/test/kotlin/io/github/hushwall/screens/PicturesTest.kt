package io.github.hushwall.screens

import android.app.Activity
import android.content.Intent
import android.os.Build
import io.github.hushwall.control.State
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** Every screen, light and dark, small and with large letters: drawn into `target/screens`, and nothing cut, small or silent. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenApplication::class)
class PicturesTest {
    private val application get() = RuntimeEnvironment.getApplication() as ScreenApplication

    @Test
    fun `first run`() = everyLook("first-run") {
        application.desk.everOn = false
        application.desk.show(State.Off)
        Intent(application, HomeActivity::class.java)
    }

    @Test
    fun `home while on`() = everyLook("home") { home(State.Protected(31, System.currentTimeMillis() - 120_000)) }

    @Test
    fun `home after an outage`() = everyLook("home-outage") {
        home(State.KilledAndBack(FakeDesk.OUTAGE)).also {
            val shown = checkNotNull(application.desk.shown)
            application.desk.show(shown.state, shown.facts.copy(outage = FakeDesk.OUTAGE))
        }
    }

    @Test
    fun `home when not protecting`() = everyLook("home-not-protecting") { home(State.NotProtecting("dns.example.org")) }

    @Test
    fun `what was stopped`() = everyLook("stopped") { screen(StoppedActivity::class.java) }

    @Test
    fun `why it was stopped`() = everyLook("why") {
        screen(WhyActivity::class.java).putExtra(WhyActivity.KEY, FakeDesk.STOPS[0].key)
    }

    @Test
    fun `apps covered`() = everyLook("apps") { screen(AppsActivity::class.java) }

    @Test
    fun lists() = everyLook("lists") { screen(ListsActivity::class.java) }

    @Test
    fun `keep it alive`() = everyLook("keep-alive") { screen(KeepAliveActivity::class.java) }

    @Test
    fun settings() = everyLook("settings") { screen(SettingsActivity::class.java) }

    @Test
    fun `what it can and cannot do`() = everyLook("limits") { screen(LimitsActivity::class.java) }

    @Test
    fun `home with a card`() = everyLook("home-card") {
        home(State.Protected(31, System.currentTimeMillis() - 120_000)).also {
            val shown = checkNotNull(application.desk.shown)
            application.desk.show(shown.state, shown.facts.copy(listDay = System.currentTimeMillis() - 125 * 86_400_000L))
        }
    }

    private fun home(state: State): Intent {
        application.desk.show(state)
        return Intent(application, HomeActivity::class.java)
    }

    private fun screen(type: Class<out Activity>): Intent {
        application.desk.show(State.Protected(31, System.currentTimeMillis() - 120_000))
        return Intent(application, type)
    }

    private fun everyLook(name: String, prepare: () -> Intent) {
        for ((look, qualifiers, font) in LOOKS) {
            RuntimeEnvironment.setQualifiers(qualifiers)
            RuntimeEnvironment.setFontScale(font)
            val intent = prepare()
            @Suppress("UNCHECKED_CAST")
            val type = Class.forName(checkNotNull(intent.component).className) as Class<out Activity>
            Robolectric.buildActivity(type, intent).use { controller ->
                controller.setup()
                application.settle()
                val drawn = Look(controller.get())
                // Icons of rows that have come into sight.
                application.settle()
                drawn.save("${Build.VERSION.SDK_INT}/$name-$look")
                assertEquals("$name, $look", emptyList<String>(), drawn.faults())
            }
        }
    }

    private companion object {
        val LOOKS = listOf(
            Triple("light", "+w393dp-h851dp-notnight-xhdpi", 1f),
            Triple("dark", "+w393dp-h851dp-night-xhdpi", 1f),
            Triple("small", "+w320dp-h480dp-notnight-mdpi", 1f),
            Triple("wide", "+w840dp-h480dp-land-notnight-mdpi", 1f),
            Triple("large-letters", "+w320dp-h640dp-notnight-mdpi", 2f),
        )
    }
}
