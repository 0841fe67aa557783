package io.github.hushwall.control

import io.github.hushwall.bridge.Engine
import io.github.hushwall.plan.Planner

/** What a controller is made of. */
class Parts(
    /** The one queue. */
    val queue: CommandQueue,
    /** The clocks. */
    val clock: Clock,
    /** The engine. */
    val engine: Engine,
    /** The planner. */
    val planner: Planner,
    /** The phone around. */
    val phone: Phone,
    /** What outlives the process. */
    val keep: Keep,
    /** Takes a session's events. */
    val pump: Pump,
    /** What the phone can do. */
    val capabilities: Capabilities,
)
