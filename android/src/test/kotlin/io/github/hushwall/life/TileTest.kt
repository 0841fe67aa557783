package io.github.hushwall.life

import android.app.PendingIntent
import android.content.Intent
import android.os.Build
import android.service.quicksettings.Tile
import android.service.quicksettings.TileService
import io.github.hushwall.R
import io.github.hushwall.control.State
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowTileService

/** Counts how often a tile opens a screen, by either of Android's ways. */
@Implements(TileService::class)
class OpeningTile : ShadowTileService() {
    @Implementation
    public override fun startActivityAndCollapse(intent: Intent) {
        opened++
    }

    @Implementation(minSdk = 34)
    fun startActivityAndCollapse(intent: PendingIntent) {
        opened++
    }

    companion object {
        /** How often. */
        var opened = 0
    }
}

/** The tile: the state in two words; a tap pauses, or turns on. */
@RunWith(RobolectricTestRunner::class)
@Config(application = LifeApp::class, shadows = [RecordingBuilder::class, OpeningTile::class])
class TileTest {
    private val stage by lazy { LifeStage() }
    private val service by lazy { Robolectric.buildService(HushwallTile::class.java).create().get() }
    private val tile: Tile get() = service.qsTile

    @Before
    fun begin() {
        RecordingBuilder.reset()
        OpeningTile.opened = 0
    }

    private fun listen() {
        service.onStartListening()
        stage.settle()
    }

    private fun tap() {
        service.onClick()
        stage.settle()
    }

    private fun says(words: String) {
        if (Build.VERSION.SDK_INT >= 29) assertEquals(words, tile.subtitle)
        else assertEquals("${stage.app.getString(R.string.app_name)}. $words", tile.contentDescription)
        if (Build.VERSION.SDK_INT >= 30) assertEquals(words, tile.stateDescription)
    }

    @Test
    fun a_tap_pauses_and_the_next_one_turns_on() {
        stage.on()
        listen()
        assertEquals(Tile.STATE_ACTIVE, tile.state)
        says("On")
        tap()
        assertTrue(stage.shown.state is State.Paused)
        assertEquals(Tile.STATE_INACTIVE, tile.state)
        says("Paused, 15 min")
        tap()
        assertTrue(stage.shown.state is State.Protected)
        says("On")
    }

    @Test
    fun without_consent_a_tap_opens_home_and_starts_nothing() {
        stage.consent(given = false)
        stage.begin()
        listen()
        assertEquals(Tile.STATE_INACTIVE, tile.state)
        says("Off")
        tap()
        assertEquals(1, OpeningTile.opened)
        assertNull(shadowOf(stage.app).nextStartedService)
    }

    private val lock get() = Shadow.extract<ShadowTileService>(service)

    @Test
    fun on_a_locked_phone_a_pause_asks_for_the_owner_and_turning_on_does_not() {
        stage.on()
        listen()
        lock.setLocked(true)
        tap()
        assertFalse("Android was asked to unlock it", service.isLocked)
        assertTrue(stage.shown.state is State.Paused)
        lock.setLocked(true)
        tap()
        assertTrue(service.isLocked)
        assertTrue(stage.shown.state is State.Protected)
    }

    @Test
    fun a_tile_that_nobody_sees_is_not_drawn() {
        stage.on()
        listen()
        service.onStopListening()
        stage.life.controller.turnOff()
        stage.settle()
        assertEquals(Tile.STATE_ACTIVE, tile.state)
    }
}
