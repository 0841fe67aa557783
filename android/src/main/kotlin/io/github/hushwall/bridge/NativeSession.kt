package io.github.hushwall.bridge

/** A session of the native engine, by its number. */
internal class NativeSession(private val number: Long) : Session {
    override fun replaceDescriptor(fd: Int) = Native.replaceDescriptor(number, fd)

    override fun replaceSettings(settings: EngineSettings) = Native.replaceSettings(number, Emit.settings(settings))

    override fun replaceLists(lists: List<ListFile>) = Native.replaceLists(number, Emit.lists(lists))

    override fun networkChanged(network: Network) = Native.networkChanged(number, Emit.network(network))

    override fun nextEvents(): List<Event>? = Native.nextEvents(number)?.let(Parse::events)

    override fun answerOwner(question: Long, uid: Int) = Native.answerOwner(number, question, uid)

    override fun snapshot(): Snapshot = Parse.snapshot(Native.snapshot(number))

    override fun stop() = Native.stop(number)
}
