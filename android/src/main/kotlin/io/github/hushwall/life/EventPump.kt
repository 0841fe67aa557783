package io.github.hushwall.life

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.Event
import io.github.hushwall.bridge.Session
import io.github.hushwall.control.Pump
import io.github.hushwall.record.StopLog
import java.util.concurrent.ArrayBlockingQueue
import kotlin.concurrent.thread

/** Takes a session's events on a thread of its own, and answers its questions on another, so that neither waits for the other. */
internal class EventPump(
    private val owners: Owners,
    private val log: StopLog,
    private val now: () -> Long = System::nanoTime,
    private val told: (Session, Event) -> Unit,
) : Pump {
    override fun follow(session: Session) {
        val questions = ArrayBlockingQueue<Asked>(OPEN_QUESTIONS)
        val answering = thread(name = "owners", isDaemon = true) { answer(session, questions) }
        thread(name = "events", isDaemon = true) {
            take(session, questions)
            answering.interrupt()
            log.flush()
        }
    }

    /** Events that cannot be had are the end of the session: the process lives, and another session is begun. */
    private fun take(session: Session, questions: ArrayBlockingQueue<Asked>) {
        try {
            while (true) {
                for (event in session.nextEvents() ?: return) take(event, session, questions)
            }
        } catch (error: EngineException) {
            told(session, Event.Ended(error.code, error.message.orEmpty()))
        }
    }

    private fun take(event: Event, session: Session, questions: ArrayBlockingQueue<Asked>) {
        when (event) {
            // One too many is not asked: the engine goes on by itself after 50 ms.
            is Event.WhoOwns -> questions.offer(Asked(event, now()))
            is Event.Stopped -> log.stopped(event.verdict)
            is Event.LetThrough -> log.letThrough(event.verdict)
            is Event.Storm -> log.storm(event)
            else -> told(session, event)
        }
    }

    private fun answer(session: Session, questions: ArrayBlockingQueue<Asked>) {
        try {
            while (true) {
                val asked = questions.take()
                // Nobody waits for it any longer, and those behind it shall not become as late.
                if (now() - asked.at > PATIENCE) continue
                session.answerOwner(asked.event.question, owners.ownerOf(asked.event))
            }
        } catch (_: InterruptedException) {
            return
        } catch (_: EngineException) {
            // The session is over, or going to be: its events say so.
            return
        }
    }

    /** A question, and when it came. */
    private class Asked(val event: Event.WhoOwns, val at: Long)

    private companion object {
        const val OPEN_QUESTIONS = 256

        /** For so long the engine waits, in nanoseconds. */
        const val PATIENCE = 50_000_000L
    }
}
