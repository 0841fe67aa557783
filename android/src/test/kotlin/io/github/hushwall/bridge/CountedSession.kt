package io.github.hushwall.bridge

import java.util.concurrent.atomic.AtomicLong

/** Counts what goes from Kotlin into native code: each method of a session is one call of one export, in both directions one crossing. */
internal class CountedSession(private val session: Session) : Session {
    private val counter = AtomicLong()

    /** How many calls were begun. */
    val calls: Long get() = counter.get()

    private fun <T> counted(call: Session.() -> T): T {
        counter.incrementAndGet()
        return session.call()
    }

    override fun replaceDescriptor(fd: Int) = counted { replaceDescriptor(fd) }
    override fun replaceSettings(settings: EngineSettings) = counted { replaceSettings(settings) }
    override fun replaceLists(lists: List<ListFile>) = counted { replaceLists(lists) }
    override fun networkChanged(network: Network) = counted { networkChanged(network) }
    override fun nextEvents(): List<Event>? = counted { nextEvents() }
    override fun answerOwner(question: Long, uid: Int) = counted { answerOwner(question, uid) }
    override fun snapshot(): Snapshot = counted { snapshot() }
    override fun stop() = counted { stop() }
}
