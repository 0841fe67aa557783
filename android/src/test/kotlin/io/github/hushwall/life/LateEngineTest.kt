package io.github.hushwall.life

import io.github.hushwall.bridge.EngineException
import io.github.hushwall.bridge.EngineSettings
import io.github.hushwall.control.FakeEngine
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

/** The engine that is loaded late. */
class LateEngineTest {
    private val closed = mutableListOf<Int>()

    @Test
    fun a_library_that_does_not_load_leaves_no_descriptor_open() {
        val engine = LateEngine({ throw EngineException(EngineException.LIBRARY, "no such library") }, closed::add)
        assertThrows(EngineException::class.java) { engine.version }
        assertThrows(EngineException::class.java) { engine.start(7, EngineSettings(), NO_NETWORK) }
        assertEquals(listOf(7), closed)
    }

    @Test
    fun a_library_that_loads_is_loaded_once_and_owns_the_descriptor() {
        val fake = FakeEngine()
        var loads = 0
        val engine = LateEngine({ fake.also { loads++ } }, closed::add)
        engine.start(7, EngineSettings(), NO_NETWORK)
        engine.start(8, EngineSettings(), NO_NETWORK)
        assertEquals(1, loads)
        assertEquals(setOf(7, 8), fake.descriptors)
        assertEquals(emptyList<Int>(), closed)
    }
}
