package io.github.hushwall.life

import android.os.SystemClock
import io.github.hushwall.control.Clock

/** The phone's clocks. */
object SystemClocks : Clock {
    override fun now(): Long = System.currentTimeMillis()

    override fun sinceBoot(): Long = SystemClock.elapsedRealtime()
}
