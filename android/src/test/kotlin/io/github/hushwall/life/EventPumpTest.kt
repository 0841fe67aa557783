package io.github.hushwall.life

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.ListFile
import io.github.hushwall.bridge.Network
import io.github.hushwall.bridge.Session
import io.github.hushwall.bridge.Snapshot
import io.github.hushwall.bridge.Verdict
import io.github.hushwall.control.FakeTime
import io.github.hushwall.record.StopLog
import io.github.hushwall.record.Store
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** Events go to the log or to the controller; questions are answered beside them. */
@RunWith(RobolectricTestRunner::class)
class EventPumpTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val address = InetAddress.getByAddress(byteArrayOf(1, 2, 3, 4))
    private val log = StopLog(
        Store { File(folder.root, "stopped") }, FakeTime(System.currentTimeMillis()),
        object : StopLog.Apps {
            override fun packageOf(uid: Int): String? = null
            override fun isVendors(app: String): Boolean = false
        },
    )

    /** A session that says what it is given, and ends. */
    private class Script(vararg batches: List<Event>, private val fails: Boolean = false) : Session {
        val answers = LinkedBlockingQueue<Pair<Long, Int>>()
        private val waiting = LinkedBlockingQueue(batches.toList())
        private val ended = CountDownLatch(1)

        override fun nextEvents(): List<Event>? {
            waiting.poll()?.let { return it }
            if (fails) throw EngineException(EngineException.ENCODING, "not known")
            ended.await(10, TimeUnit.SECONDS)
            return null
        }

        override fun stop() = ended.countDown()
        override fun answerOwner(question: Long, uid: Int) {
            answers += question to uid
        }
        override fun replaceDescriptor(fd: Int) = Unit
        override fun replaceSettings(settings: EngineSettings) = Unit
        override fun replaceLists(lists: List<ListFile>) = Unit
        override fun networkChanged(network: Network) = Unit
        override fun snapshot(): Snapshot = throw UnsupportedOperationException()
    }

    private fun asks(question: Long) = Event.WhoOwns(question, 6, InetSocketAddress(address, 1), InetSocketAddress(address, 443))

    @Test
    fun a_question_is_answered_while_the_next_events_are_waited_for() {
        val session = Script(listOf(asks(1), asks(2)))
        EventPump({ if (it.question == 1L) 10_100 else -1 }, log) { _, _ -> }.follow(session)
        assertEquals(1L to 10_100, session.answers.poll(10, TimeUnit.SECONDS))
        assertEquals(2L to -1, session.answers.poll(10, TimeUnit.SECONDS))
        session.stop()
    }

    @Test
    fun an_owner_that_takes_long_to_find_does_not_hold_up_events() {
        val found = CountDownLatch(1)
        val told = CountDownLatch(1)
        val session = Script(listOf(asks(1)), listOf(Event.Ended(0, "")))
        val owners = Owners {
            found.await(10, TimeUnit.SECONDS)
            7
        }
        EventPump(owners, log) { _, _ -> told.countDown() }.follow(session)
        assertTrue(told.await(10, TimeUnit.SECONDS))
        found.countDown()
        assertEquals(1L to 7, session.answers.poll(10, TimeUnit.SECONDS))
        session.stop()
    }

    @Test
    fun a_question_that_nobody_waits_for_any_longer_is_not_asked() {
        val time = AtomicLong()
        val (waiting, late) = List(2) { CountDownLatch(1) }
        val session = Script(listOf(asks(1), asks(2), Event.Lost(1)), listOf(asks(3)))
        val owners = Owners {
            if (it.question == 1L) {
                waiting.await(10, TimeUnit.SECONDS)
                time.set(50_000_001)
                late.countDown()
            }
            7
        }
        EventPump(owners, log, time::get) { _, _ ->
            waiting.countDown()
            late.await(10, TimeUnit.SECONDS)
        }.follow(session)
        assertEquals(1L to 7, session.answers.poll(10, TimeUnit.SECONDS))
        assertEquals("the second would have been too late", 3L to 7, session.answers.poll(10, TimeUnit.SECONDS))
        session.stop()
    }

    @Test
    fun events_that_cannot_be_read_end_the_session_and_not_the_process() {
        val told = LinkedBlockingQueue<Event>()
        EventPump({ -1 }, log) { _, event -> told += event }.follow(Script(fails = true))
        assertEquals(Event.Ended(EngineException.ENCODING, "not known"), told.poll(10, TimeUnit.SECONDS))
    }

    @Test
    fun verdicts_go_to_the_log_and_the_rest_to_the_controller() {
        val verdict = Verdict(
            System.currentTimeMillis(), null, Verdict.Transport.DNS, Verdict.Seen.QUERY, "ads.example", address, 53, 1,
            Verdict.Tier.LIST, "rule", "list", "",
        )
        val told = LinkedBlockingQueue<Event>()
        val session = Script(listOf(Event.Stopped(verdict), Event.Lost(3), Event.Ended(0, "")))
        EventPump({ -1 }, log) { _, event -> told += event }.follow(session)
        assertEquals(Event.Lost(3), told.poll(10, TimeUnit.SECONDS))
        assertEquals(Event.Ended(0, ""), told.poll(10, TimeUnit.SECONDS))
        assertEquals("ads.example", log.rows().single().destination)
        session.stop()
    }
}
