package io.github.hushwall.control

import io.github.hushwall.bridge.EngineSettings

/** An owner who allows a name waits for so long without wondering, in milliseconds. */
private const val PATIENCE = 10_000L

/**
 * Whether apps may still remember a refusal of [at] for longer than the owner would wait at [now]. Then an "Allow" needs a new tunnel,
 * and the owner is told that covered apps reconnect.
 */
fun outlives(at: Long, now: Long, lifeSeconds: Int = EngineSettings().blockedAnswerSeconds): Boolean =
    isLong(at + lifeSeconds * 1_000L - now)

/** Whether an owner would wonder who waits for [millis]. */
internal fun isLong(millis: Long): Boolean = millis > PATIENCE
