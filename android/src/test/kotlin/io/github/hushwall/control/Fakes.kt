package io.github.hushwall.control

import io.github.hushwall.bridge.Engine
import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.bridge.Snapshot
import io.github.hushwall.plan.Plan
import io.github.hushwall.plan.Planner
import io.github.hushwall.plan.VendorPackage
import io.github.hushwall.settings.Settings

/** A queue and both clocks, turned by hand. */
class FakeTime(private var now: Long = 1_800_000_000_000) : CommandQueue, Clock {
    private class Waiting(var at: Long, val order: Int, val command: () -> Unit)

    private val waiting = mutableListOf<Waiting>()
    private var order = 0
    private val bootedAt = now - 86_400_000

    override fun post(command: () -> Unit) {
        waiting += Waiting(now, order++, command)
    }

    override fun after(millis: Long, command: () -> Unit): CommandQueue.Pending {
        val entry = Waiting(now + millis, order++, command)
        waiting += entry
        return CommandQueue.Pending { waiting -= entry }
    }

    override fun now(): Long = now

    override fun sinceBoot(): Long = now - bootedAt

    /** Takes all commands that are due. */
    fun settle() = pass(0)

    /** The phone sleeps for [millis]: its clocks go on, and what waits on the queue does not come any nearer. */
    fun sleep(millis: Long) {
        now += millis
        waiting.forEach { it.at += millis }
    }

    /** Lets [millis] pass, and takes the commands that become due, in order. */
    fun pass(millis: Long) {
        val until = now + millis
        while (true) {
            val next = waiting.filter { it.at <= until }.minWithOrNull(compareBy({ it.at }, { it.order })) ?: break
            waiting -= next
            now = maxOf(now, next.at)
            next.command()
        }
        now = until
    }
}

/** An engine that counts descriptors and sessions. */
class FakeEngine : Engine {
    override val version: String get() = if (missing) throw EngineException(EngineException.LIBRARY, "missing") else "0"

    /** Whether there is no library. */
    var missing = false

    /** Sessions ever begun. */
    val sessions = mutableListOf<FakeSession>()

    /** Whether the next start fails. */
    var refuses = false

    /** Descriptors that were handed over and are not closed. */
    val descriptors = mutableSetOf<Int>()

    /** The session that runs. */
    val running: FakeSession? get() = sessions.lastOrNull { !it.stopped }

    override fun start(fd: Int, settings: EngineSettings, network: Network): Session {
        descriptors += fd
        if (refuses) {
            descriptors -= fd
            throw EngineException(EngineException.SYSTEM, "refused")
        }
        return FakeSession(this, fd, settings, network).also { sessions += it }
    }
}

/** A session that remembers what it was told. */
class FakeSession(private val engine: FakeEngine, var fd: Int, var settings: EngineSettings, var network: Network) : Session {
    /** Whether it was ended. */
    var stopped = false

    /** How many descriptors it has had. */
    var tunnels = 1

    /** How often it was told of a network. */
    var networks = 0

    /** What it was told, in order. */
    val calls = mutableListOf<String>()

    /** What the next calls fail with. */
    val fails = ArrayDeque<Int>()

    /** When an app was last seen. */
    var lastSeen = 0L

    /** The version of its list. */
    var listVersion = 0L

    override fun replaceDescriptor(fd: Int) {
        engine.descriptors += fd
        engine.descriptors -= this.fd
        this.fd = fd
        tunnels++
        calls += "descriptor"
    }

    override fun replaceSettings(settings: EngineSettings) {
        calls += "settings"
        this.settings = settings
    }

    override fun replaceLists(lists: List<ListFile>) {
        settings = settings.copy(lists = lists)
    }

    override fun networkChanged(network: Network) {
        failing()
        networks++
        this.network = network
    }

    private fun failing() {
        fails.removeFirstOrNull()?.let { throw EngineException(it, "fails") }
    }

    override fun nextEvents(): List<Event>? = null

    override fun answerOwner(question: Long, uid: Int) = Unit

    override fun snapshot(): Snapshot {
        if (stopped) throw EngineException(EngineException.ENDED, "ended")
        failing()
        return Snapshot(lastSeen, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, listVersion)
    }

    override fun stop() {
        stopped = true
        engine.descriptors -= fd
    }
}

/** A service that gives descriptors, or does not. */
class FakeDoor : Door {
    /** What `establish()` refuses with. */
    var refuses: Failure? = null

    /** What `prepare()` refuses with. */
    var slot: Failure? = null

    /** How often the slot was asked for. */
    var asked = 0

    /** Plans that were established. */
    val plans = mutableListOf<Plan.Ready>()

    /** Whether it was told to end. */
    var left = false

    /** What Android says of us. */
    var always = false

    /** What Android says of the others. */
    var locked = false

    override fun takeSlot(): Failure? {
        asked++
        return slot
    }

    override fun establish(plan: Plan.Ready): Established {
        refuses?.let { return Established.Refused(it) }
        plans += plan
        return Established.Descriptor(100 + plans.size)
    }

    override fun alwaysOn(): Boolean = always

    override fun lockdown(): Boolean = locked

    override fun leave() {
        left = true
    }
}

/** A phone with a few packages. */
class FakePhone : Phone {
    /** Why the service cannot be started. */
    var refuses: Failure? = null

    /** How often the service was asked for. */
    var summons = 0

    /** Its packages. */
    var packages = mapOf("v.ads" to 10_100, "v.stats" to 10_101)

    /** Whether somebody else's VPN is up. */
    var other = false

    /** When the alarm is set to. */
    var alarm: Long? = null

    /** How the last process ended. */
    var death: Death? = null

    override fun summon(): Failure? {
        summons++
        return refuses
    }

    override fun installed(): Map<String, Int> = packages

    override fun otherVpn(): Boolean = other

    override fun wakeAt(at: Long?) {
        alarm = at
    }

    override fun lastDeath(since: Long): Death? = death
}

/** What outlives the process, in memory. */
class FakeKeep(private var stance: Stance = Stance(), private var settings: Settings = Settings()) : Keep {
    /** The record. */
    val outages = mutableListOf<Outage>()

    override fun stance(): Stance = stance

    override fun keep(stance: Stance) {
        this.stance = stance
    }

    override fun settings(): Settings = settings

    override fun keep(settings: Settings) {
        this.settings = settings
    }

    override fun keep(outage: Outage) {
        outages += outage
    }
}

/** A controller among fakes. */
class Stage(val keep: FakeKeep = FakeKeep(), val phone: FakePhone = FakePhone(), val time: FakeTime = FakeTime()) {
    /** The engine. */
    val engine = FakeEngine()

    /** The service of the moment. */
    var door = FakeDoor()

    /** The controller. */
    val controller = Controller(
        Parts(
            queue = time,
            clock = time,
            engine = engine,
            planner = Planner({ listOf("v.ads", "v.stats", "v.new").map { VendorPackage(it, VendorPackage.Entry.ON) } }, 34, "own"),
            phone = phone,
            keep = keep,
            pump = { },
            capabilities = Capabilities(knowsOwners = true, asksSystem = true, stampPath = { null }),
        ),
    )

    /** What is drawn. */
    val state: State get() = checkNotNull(controller.shown).state

    /** What it follows from. */
    val facts: Facts get() = checkNotNull(controller.shown).facts

    /** The process begins. */
    fun begin() = controller.begin().also { time.settle() }

    /** The service comes up. */
    fun attach(why: StartCause?) {
        controller.attach(door, why)
        time.settle()
    }

    /** The owner turns on, and Android starts the service. */
    fun on() {
        begin()
        controller.turnOn(StartCause.TAP)
        time.settle()
        attach(StartCause.TAP)
    }
}
