package io.github.hushwall.bridge

import java.io.File
import java.net.InetAddress
import kotlin.concurrent.thread
import kotlin.system.exitProcess

/**
 * The real library behind the real bridge, on a JVM: the netns test `tests/lab/tests/netns/bridge.rs` starts it with the number
 * of a TUN's descriptor, the address of a resolver, a pipe for its commands and the number of another TUN's descriptor, and
 * reads what happens from standard output.
 */
internal object BridgeMain {
    /** The first session of a process. */
    private const val FIRST = 1L

    private val settings = EngineSettings(
        mtu = 1500,
        knowsOwners = true,
        rules = listOf(OwnRule("app.example", Action.BLOCK, uid = 10_123)),
    )

    @JvmStatic
    fun main(arguments: Array<String>) {
        val (fd, resolver, commands) = arguments
        val engine = NativeEngine.load("hushwall_jni")
        say("version ${engine.version}")
        sayError("bytes") { Native.start(-1, ByteArray(0), ByteArray(0)) }
        sayError("panic") { Fault.panic(0, "it fell over the number ${1 + 1}".toByteArray()) }
        val network = Network(handle = 1, ipv4 = true, ipv6 = true, resolvers = listOf(InetAddress.getByName(resolver)))
        val session = CountedSession(engine.start(fd.toInt(), settings, network))
        val events = thread(name = "events") { watch(session) }
        say("ready")
        File(commands).forEachLine { line ->
            try {
                handle(session, network, line, arguments[3].toInt())
                say("done $line")
            } catch (error: EngineException) {
                say("error ${error.code} ${error.message}")
            }
        }
        session.stop()
        session.stop()
        events.join()
        sayError("after") { session.snapshot() }
        exitProcess(0)
    }

    private fun handle(session: CountedSession, network: Network, line: String, next: Int) {
        val words = line.split(' ')
        val argument = words.getOrElse(1) { "" }
        when (words[0]) {
            "block" -> session.replaceSettings(settings.copy(rules = settings.rules + OwnRule(argument, Action.BLOCK)))
            "list" -> session.replaceLists(listOf(ListFile("a list", argument)))
            "network" -> session.networkChanged(network.copy(handle = argument.toLong()))
            "panic" -> Fault.panic(FIRST, argument.toByteArray())
            "descriptor" -> session.replaceDescriptor(if (argument == "next") next else -1)
            "snapshot" -> {
                // Calls until now; that for the snapshot is not among them.
                val calls = session.calls
                session.snapshot().run {
                    say("snapshot $argument blocked=$blocked panics=$panics turns=$turns packets=${packetsIn + packetsOut} calls=$calls")
                }
            }
            else -> error("no such command: $line")
        }
    }

    private fun watch(session: Session) {
        while (true) {
            for (event in session.nextEvents() ?: return say("no more events")) show(session, event)
        }
    }

    private fun show(session: Session, event: Event) = when (event) {
        is Event.Stopped -> event.verdict.run { say("stopped $transport $name $tier $ruleId ${uid ?: "-"}") }
        is Event.LetThrough -> event.verdict.run { say("let-through $transport $name") }
        is Event.WhoOwns -> session.answerOwner(event.question, 10_123)
        is Event.Outage -> say("outage ${event.cause} ${event.lastedMillis} ${event.atLeastMillis} ${event.text}")
        is Event.Storm -> say("storm ${event.name} ${event.count}")
        is Event.Outstanding -> say("outstanding ${event.name}")
        is Event.Lost -> say("lost ${event.count}")
        is Event.ListRefused -> say("list-refused ${event.code}")
        is Event.Ended -> say("ended ${event.code}")
    }

    private fun sayError(what: String, call: () -> Unit) {
        try {
            call()
            say("$what: no error")
        } catch (error: EngineException) {
            say("$what: ${error.code} ${error.message}")
        }
    }

    @Synchronized
    private fun say(line: String) {
        println(line)
        System.out.flush()
    }
}
