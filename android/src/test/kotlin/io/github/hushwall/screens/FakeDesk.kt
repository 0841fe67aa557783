package io.github.hushwall.screens

import android.graphics.Color
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.os.Looper
import io.github.hushwall.bridge.Explanation
import io.github.hushwall.bridge.Preset
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.Facts
import io.github.hushwall.control.Moment
import io.github.hushwall.control.Outage
import io.github.hushwall.control.OutageCause
import io.github.hushwall.control.Shown
import io.github.hushwall.control.State
import io.github.hushwall.control.Tunnel
import io.github.hushwall.control.Wanted
import io.github.hushwall.control.Watcher
import io.github.hushwall.control.WhyOff
import io.github.hushwall.settings.Settings
import java.net.InetAddress

/** A desk that shows what a test puts there, writes down what it is asked for, and lets nobody block the main thread. */
class FakeDesk : Desk {
    override var shown: Shown? = null
        private set
    override var everOn = true
    val asked = mutableListOf<String>()
    var stops = STOPS
    var others = listOf(CoveredApp("org.example.reader", "Reader"))
    var explanation = EXPLANATION
    private val dismissed = mutableMapOf<String, Long>()
    private val watchers = mutableListOf<Watcher>()
    val stopWatchers = mutableListOf<(String) -> Unit>()
    var checks = CHECKS
    var apps = APPS

    /** Shows a state. */
    fun show(state: State, facts: Facts = facts(state), settings: Settings = shown?.settings ?: Settings()) {
        shown = Shown(state, facts, settings)
        watchers.toList().forEach { it.show(checkNotNull(shown)) }
    }

    override fun watch(watcher: Watcher) {
        watchers += watcher
    }

    override fun unwatch(watcher: Watcher) {
        watchers -= watcher
    }

    override fun watchStops(watcher: (String) -> Unit) {
        stopWatchers += watcher
    }

    override fun unwatchStops(watcher: (String) -> Unit) {
        stopWatchers -= watcher
    }

    /** One more comes, or an older one again. */
    fun stops(stop: Stop) {
        stops = listOf(stop) + stops.filter { it.key != stop.key }
        stopWatchers.toList().forEach { it(stop.key) }
    }

    override fun turnOn() = write("turnOn")
    override fun turnOff() = write("turnOff")
    override fun pause() = write("pause")
    override fun consentAnswered(granted: Boolean, millis: Long) = write("consentAnswered $granted")
    override fun refresh() = write("refresh")
    override fun outageSeen() = write("outageSeen")
    override fun change(anew: Boolean, edit: (Settings) -> Settings) {
        write("change anew=$anew")
        val now = checkNotNull(shown)
        val facts = if (anew) now.facts.copy(reconnected = System.currentTimeMillis()) else now.facts
        show(now.state, facts, edit(now.settings))
    }

    private fun write(what: String) {
        asked += what
    }

    override val records: Records = object : Records {
        override fun stops() = aside { stops }
        override fun explain(ruleId: String) = aside { explanation.takeIf { it.ruleId == ruleId } }
        override fun vendorApps() = aside { apps }
        override fun allApps() = aside { apps + others }
        override fun outages() = aside { listOf(OUTAGE) }
        override fun checks() = aside { checks }
        override fun tick(check: Check.Kind, on: Boolean) = aside { write("tick $check $on") }
        override fun icon(packageName: String): Drawable? = aside { badge(packageName) }
        override fun export(form: ExportForm, preset: Preset) = aside { "$form $preset" }
        override fun dismissed() = aside { dismissed.toMap() }
        override fun dismiss(kind: String, at: Long) = aside { dismissed[kind] = at }
    }

    private fun badge(packageName: String) = GradientDrawable().apply {
        cornerRadius = 24f
        setColor(Color.HSVToColor(floatArrayOf((packageName.hashCode() and 0xFF) * 1.4f, 0.45f, 0.7f)))
    }

    /** Disk, system and library are nothing for the main thread. */
    private fun <T> aside(answer: () -> T): T {
        check(Looper.myLooper() != Looper.getMainLooper()) { "blocks the main thread" }
        return answer()
    }

    companion object {
        val NOW: Long = System.currentTimeMillis()

        val OUTAGE = Outage(OutageCause.KILLED, Moment(NOW - 7_800_000, NOW - 7_200_000), NOW - 3_600_000)

        fun facts(state: State) = Facts(
            wanted = if (state is State.Off) Wanted.Off(WhyOff.OWNER) else Wanted.On,
            tunnel = if (state is State.Off) Tunnel.Down else Tunnel.Up(NOW),
            covered = 31,
            lastSeen = System.currentTimeMillis() - 120_000,
        )

        private fun verdict(name: String, rule: String, seen: Verdict.Seen) = Verdict(
            at = NOW, uid = 10_123, transport = Verdict.Transport.DNS, seen = seen, name = name,
            remote = InetAddress.getByAddress(byteArrayOf(192.toByte(), 0, 2, 1)), port = 53, recordType = 1,
            tier = Verdict.Tier.LIST, ruleId = rule, list = "Built-in list", what = "",
        )

        private fun stop(app: String, pack: String, purpose: String, name: String, times: Int, ago: Long) = Stop(
            "$pack $name", app, pack, purpose, NOW - ago, times, verdict(name, "onetrack/tracking-intl", Verdict.Seen.QUERY),
        )

        val STOPS = listOf(
            stop("A part of the system", "android", "usage", "tracking.intl.miui.com", 42, 120_000).copy(shared = true),
            stop("MSA", "com.miui.msa.global", "ads", "sdkconfig.ad.intl.xiaomi.com", 7, 900_000),
            stop("Mi Browser", "com.mi.globalbrowser", "usage", "sa.api.intl.miui.com", 12, 3_700_000),
            stop("Security", "com.miui.securitycenter", "crash", "a-rather-long-name-of-a-server.fcanr.tracking.miui.com", 1, 90_000_000),
        )

        val EXPLANATION = Explanation(
            ruleId = "onetrack/tracking-intl",
            title = "OneTrack",
            about = "Counts what is opened, for how long, and which buttons are touched, with an identifier of the phone.",
            purpose = "usage",
            what = "Usage reports of the system and its apps.",
            role = "block",
            feature = null,
            breaks = emptyList(),
            evidence = listOf(Explanation.Evidence("capture", "https://example.org/a-capture-of-a-phone", "seen")),
        )

        val APPS = listOf(
            CoveredApp("com.android.settings", "Settings", system = true),
            CoveredApp("com.miui.securitycenter", "Security", system = true),
            CoveredApp("com.mi.globalbrowser", "Mi Browser"),
            CoveredApp("com.miui.msa.global", "MSA"),
            CoveredApp("com.xiaomi.market", "GetApps"),
            CoveredApp("com.android.updater", "System update", byDefault = false),
        )

        val CHECKS = listOf(
            Check(Check.Kind.AUTOSTART, Check.State.TO_DO),
            Check(Check.Kind.BATTERY, Check.State.DONE),
            Check(Check.Kind.LOCK, Check.State.UNREADABLE),
            Check(Check.Kind.ALWAYS_ON, Check.State.TO_DO),
            Check(Check.Kind.NOTIFICATIONS, Check.State.DONE),
        )
    }
}
