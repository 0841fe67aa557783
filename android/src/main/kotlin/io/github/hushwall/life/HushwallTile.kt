package io.github.hushwall.life

import android.app.PendingIntent
import android.content.Intent
import android.os.Build
import android.os.Handler
import android.os.Looper
import android.service.quicksettings.Tile
import android.service.quicksettings.TileService
import io.github.hushwall.R
import io.github.hushwall.SinceApi
import io.github.hushwall.SinceApi34
import io.github.hushwall.control.Face
import io.github.hushwall.control.StartCause
import io.github.hushwall.control.TileLook
import io.github.hushwall.control.Watcher
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.faceOf
import io.github.hushwall.screens.HomeActivity
import io.github.hushwall.screens.Words

/** The tile: the state in two words; a tap pauses, or turns on. */
class HushwallTile : TileService() {
    private val main = Handler(Looper.getMainLooper())
    private val watcher = Watcher { shown -> main.post { draw(faceOf(shown.state)) } }

    override fun onStartListening() {
        super.onStartListening()
        lifeOf(this).controller.watch(watcher)
    }

    override fun onStopListening() {
        lifeOf(this).controller.unwatch(watcher)
        super.onStopListening()
    }

    override fun onClick() {
        super.onClick()
        val life = lifeOf(this)
        when {
            isOn(life) ->
                // Less protection needs the owner; more does not.
                if (isLocked) unlockAndRun { life.controller.pause() } else life.controller.pause()
            life.consent.given() -> life.controller.turnOn(StartCause.TILE)
            else -> openHome()
        }
    }

    private fun isOn(life: Life): Boolean {
        val shown = life.controller.shown ?: return false
        return shown.facts.wanted is Wanted.On && faceOf(shown.state).tileLook == TileLook.ACTIVE
    }

    private fun draw(face: Face) {
        val tile = qsTile ?: return
        val words = Words(this).of(face.tile)
        tile.label = getString(R.string.app_name)
        tile.state = if (face.tileLook == TileLook.ACTIVE) Tile.STATE_ACTIVE else Tile.STATE_INACTIVE
        if (Build.VERSION.SDK_INT >= 29) subtitle(tile, words) else tile.contentDescription = "${tile.label}. $words"
        if (Build.VERSION.SDK_INT >= 30) describe(tile, words)
        tile.updateTile()
    }

    @SinceApi(29)
    private fun subtitle(tile: Tile, words: String) {
        tile.subtitle = words
    }

    @SinceApi(30)
    private fun describe(tile: Tile, words: String) {
        tile.stateDescription = words
    }

    private fun openHome() {
        val home = Intent(this, HomeActivity::class.java).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
        if (Build.VERSION.SDK_INT >= 34) collapse(home) else collapseOld(home)
    }

    @SinceApi34
    private fun collapse(home: Intent) {
        startActivityAndCollapse(PendingIntent.getActivity(this, 0, home, PendingIntent.FLAG_IMMUTABLE))
    }

    @Suppress("DEPRECATION")
    private fun collapseOld(home: Intent) = startActivityAndCollapse(home)
}
