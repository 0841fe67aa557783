package io.github.hushwall.screens

import android.os.Handler
import android.os.Looper
import java.util.concurrent.Executor

/** Runs what blocks [aside] and brings the answer to the main thread. */
class Errands(private val aside: Executor) {
    private val main = Handler(Looper.getMainLooper())

    @Volatile
    private var over = false

    /** Asks [question] aside, gives what it says to [answer] on the main thread, unless the screen is gone by then. */
    fun <T> run(question: () -> T, answer: (T) -> Unit) = aside.execute {
        if (over) return@execute
        val said = question()
        main.post { if (!over) answer(said) }
    }

    /** No answer is wanted any more. */
    fun end() {
        over = true
    }
}
