package io.github.hushwall.screens

import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import android.view.View
import io.github.hushwall.R
import io.github.hushwall.bridge.Depth
import io.github.hushwall.control.Button
import io.github.hushwall.control.Card
import io.github.hushwall.control.Shown
import io.github.hushwall.control.State
import io.github.hushwall.control.Tunnel
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.WhyOff
import io.github.hushwall.control.faceOf
import io.github.hushwall.control.kindOf
import io.github.hushwall.control.labelOf
import io.github.hushwall.control.topCard
import io.github.hushwall.settings.ScopeKind

/** Home: the state, one line why we may say so, one card at most, and the way to everything else. */
class HomeActivity : Page() {
    override val titleId = R.string.app_name
    override val lasting: View by lazy(LazyThreadSafetyMode.NONE) { HeadlineView(this) }
    override val hasSide get() = true
    private val consent by lazy(LazyThreadSafetyMode.NONE) { Consent(this, desk) }
    private var today: Today? = null
    private var found: List<CoveredApp>? = null
    private var checks: List<Check>? = null
    private var invites = false
    private var dismissed: Map<String, Long>? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        // After the first draw: nothing that blocks comes before it.
        window.decorView.post { if (!isDestroyed) look() }
    }

    override fun onRestart() {
        super.onRestart()
        look()
    }

    override fun Pieces.draw(shown: Shown?) {
        if (shown == null || isFirstRun(shown)) firstRun() else home(shown)
    }

    override fun Pieces.drawSide(shown: Shown?) {
        space()
        if (shown == null || isFirstRun(shown)) promises().also { limits() } else rows(shown)
    }

    @Deprecated("the one way before AndroidX")
    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        consent.answered(requestCode, resultCode)
    }

    private fun look() {
        desk.refresh()
        errands.run({ dismissed(desk.shown) }) { dismissed = it; redraw() }
        errands.run({ todayOf(desk.records.stops(), System.currentTimeMillis()) }) { today = it; redraw() }
        errands.run({ desk.records.vendorApps() }) { found = it; redraw() }
        errands.run({ desk.records.checks() to declined() }) { (checks, declined) ->
            this.checks = checks
            invites = !declined && checks.any { it.kind == Check.Kind.NOTIFICATIONS && it.state == Check.State.TO_DO }
            redraw()
        }
    }

    /** Whose cause is gone is no longer dismissed. */
    private fun dismissed(shown: Shown?): Map<String, Long> {
        val all = desk.records.dismissed()
        val gone = shown?.let(::goneOf).orEmpty().filter { it in all }
        gone.forEach { desk.records.dismiss(it, Long.MIN_VALUE) }
        return all - gone
    }

    /** Nothing was ever chosen, and nothing was ever on. */
    private fun isFirstRun(shown: Shown) =
        shown.facts.wanted == Wanted.Off(WhyOff.OWNER) && !desk.everOn

    private fun Pieces.firstRun() {
        (lasting as HeadlineView).show(R.drawable.shape_off, getString(R.string.app_name), getString(R.string.what), null, false)
        found?.let {
            if (it.isEmpty()) paragraph(getString(R.string.line_nothing))
            else paragraph(resources.getQuantityString(R.plurals.found, it.size, it.size))
            val label = if (it.isEmpty()) R.string.action_choose_apps else R.string.show_them
            otherButton(getString(label)) { open<AppsActivity>() }
        }
        // Beside it where there is room: what is promised and "Turn on" are to be seen at once.
        if (!isWide) promises()
        mainButton(getString(R.string.action_turn_on)) { consent.ask() }
        if (!isWide) limits()
    }

    private fun Pieces.promises() {
        paragraph(getString(R.string.ask))
        paragraph(getString(R.string.no_server))
        paragraph(getString(R.string.is_not))
    }

    private fun Pieces.limits() = row(getString(R.string.limits), null) { open<LimitsActivity>() }

    private fun Pieces.home(shown: Shown) {
        val face = faceOf(shown.state)
        val assertive = shown.state is State.NotRunning || shown.state is State.NotProtecting
        (lasting as HeadlineView).show(
            shapeOf(shown.state), words.of(face.headline), face.line?.let(words::of), face.note?.let(words::of), assertive,
        )
        // What only keeps things as they are needs no button.
        (face.buttons - Button.KEEP).forEachIndexed { place, button ->
            val label = labelOf(button, shown)
            if (place == 0) mainButton(label) { press(button) } else otherButton(label) { press(button) }
        }
        if (shown.facts.wanted !is Wanted.Off) otherButton(getString(R.string.action_turn_off)) { desk.turnOff() }
        // No card before it is known which of them were dismissed.
        val top = dismissed?.let { topCard(cardsOf(shown, lost(), System.currentTimeMillis()), it) }
        if (top != null) card(top, face.buttons) else if (invites && shown.facts.tunnel is Tunnel.Up) invitation()
        if (!isWide) rows(shown)
    }

    private fun lost(): Map<String, Long> =
        checks.orEmpty().mapNotNull { check -> check.lostAt?.let { getString(titleOf(check.kind)) to it } }.toMap()

    private fun Pieces.card(card: Card, above: List<Button>) {
        val face = faceOf(card)
        val dismiss = getString(R.string.action_dismiss) to {
            dismissed = dismissed.orEmpty() + (kindOf(card) to card.at)
            errands.run({ desk.records.dismiss(kindOf(card), card.at) }) {}
            if (card is Card.AfterOutage) desk.outageSeen()
            redraw()
        }
        val act = getString(labelOf(face.button)) to { press(face.button) }
        // A button that stands beneath the state already is not said twice.
        card(words.of(face.text), if (face.button in above) listOf(dismiss) else listOf(act, dismiss))
    }

    /** Said once: what was declined is not asked for again. */
    private fun Pieces.invitation() = card(
        getString(R.string.card_notifications),
        listOf(
            getString(R.string.action_allow) to { decline(); askForNotifications() },
            getString(R.string.action_not_now) to { decline() },
        ),
    )

    private fun decline() {
        invites = false
        errands.run({ getPreferences(MODE_PRIVATE).edit().putBoolean(DECLINED, true).commit() }) {}
        redraw()
    }

    private fun declined() = getPreferences(MODE_PRIVATE).getBoolean(DECLINED, false)

    private fun askForNotifications() {
        if (Build.VERSION.SDK_INT >= 33) requestPermissions(arrayOf("android.permission.POST_NOTIFICATIONS"), 0)
        else openPageOf(Check.Kind.NOTIFICATIONS)
    }

    private fun Pieces.rows(shown: Shown) {
        space()
        row(getString(R.string.row_stopped), today?.let { textOf(it) }) { open<StoppedActivity>() }
        row(getString(R.string.row_apps), scopeText(shown.settings.scope.kind, shown.facts.covered)) { open<AppsActivity>() }
        row(getString(R.string.row_lists), listText(shown)) { open<ListsActivity>() }
        val left = checks?.count { it.state == Check.State.TO_DO }
        row(getString(R.string.row_keep_alive), left?.let(::leftText)) { open<KeepAliveActivity>() }
        row(getString(R.string.row_settings), null) { open<SettingsActivity>() }
    }

    private fun labelOf(button: Button, shown: Shown): String {
        val minutes = shown.settings.pauseMinutes
        return if (button != Button.PAUSE) getString(labelOf(button))
        else resources.getQuantityString(R.plurals.action_pause_minutes, minutes, minutes)
    }

    private fun press(button: Button) = when (button) {
        Button.PAUSE -> desk.pause()
        Button.TURN_ON, Button.TURN_ON_NOW, Button.ASK_AGAIN, Button.TRY_AGAIN -> consent.ask()
        Button.VPN_SETTINGS -> openSystem(Settings.ACTION_VPN_SETTINGS)
        Button.PRIVATE_DNS_SETTINGS -> openSystem(Settings.ACTION_WIRELESS_SETTINGS)
        Button.CHECK_NAMES -> desk.change { it.copy(depth = Depth.FULL) }
        Button.COVER_ALL -> desk.change { it.copy(scope = it.scope.copy(kind = ScopeKind.ALL)) }
        Button.CHOOSE_APPS -> open<AppsActivity>()
        Button.EXPORT_LISTS, Button.UPDATE -> open<ListsActivity>()
        Button.FIX -> checks.orEmpty().filter { it.lostAt != null }.maxByOrNull { it.lostAt ?: 0 }?.let { openPageOf(it.kind) } ?: Unit
        Button.PREVENT, Button.DETAILS, Button.TEST_NOW -> open<KeepAliveActivity>()
        Button.SOMETHING_BROKE -> open<StoppedActivity>()
        Button.KEEP -> Unit
    }

    private fun textOf(today: Today): String {
        if (today.destinations == 0) return getString(R.string.today_nothing)
        val destinations = resources.getQuantityString(R.plurals.destinations, today.destinations, today.destinations)
        val apps = resources.getQuantityString(R.plurals.apps, today.apps, today.apps)
        return getString(R.string.today_both, destinations, apps)
    }

    /** All apps are more than Android lets us count. */
    private fun scopeText(kind: ScopeKind, covered: Int) =
        if (kind == ScopeKind.ALL) getString(titleOf(kind)) else getString(R.string.scope_count, getString(titleOf(kind)), covered)

    private fun listText(shown: Shown): String {
        val preset = getString(titleOf(shown.settings.preset))
        return shown.facts.listDay?.let { getString(R.string.lists_row, preset, words.day(it)) } ?: preset
    }

    private fun leftText(left: Int) =
        if (left == 0) getString(R.string.nothing_left) else resources.getQuantityString(R.plurals.things_left, left, left)

    private companion object {
        const val DECLINED = "notifications-declined"
    }
}
