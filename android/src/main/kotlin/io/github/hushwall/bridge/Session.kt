package io.github.hushwall.bridge

/** One run of the tunnel. Every thread may call; after the end the methods throw [EngineException.ENDED]. */
interface Session {
    /** Goes on with another TUN, taken over as by [Engine.start]. The old one is closed once the new one is in use. */
    @Throws(EngineException::class)
    fun replaceDescriptor(fd: Int)

    /**
     * Brings other settings into force, its lists included. Rules change under the open flows, which are judged again.
     * Depth, MTU, segment limit, own resolvers, lives of answers, the stamp, and who asks or owns count at the start.
     */
    @Throws(EngineException::class)
    fun replaceSettings(settings: EngineSettings)

    /** Brings other lists into force. [Event.ListRefused] tells of one that cannot be used; its last good one stays. */
    @Throws(EngineException::class)
    fun replaceLists(lists: List<ListFile>)

    /** Says what the network of the moment offers. Flows of another network ([Network.handle]) are reset. */
    @Throws(EngineException::class)
    fun networkChanged(network: Network)

    /**
     * What happened since the last call, oldest first; waits for something. `null` once the session has ended and
     * everything was told; the last event before it is [Event.Ended]. For one thread of its own.
     */
    fun nextEvents(): List<Event>?

    /** Answers [Event.WhoOwns]; [uid] is -1 if nobody knows. An answer after 50 ms, or to no question, does nothing. */
    fun answerOwner(question: Long, uid: Int)

    /** All counters of this moment. */
    @Throws(EngineException::class)
    fun snapshot(): Snapshot

    /** Ends the session, waits for its thread, and closes the descriptor. A second call does nothing. */
    fun stop()
}
