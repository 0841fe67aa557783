package io.github.hushwall.life

import org.junit.Assert.assertEquals
import org.junit.Test

/** The kind of foreground service at each API level, on both sides of each border. */
class ForegroundTest {
    @Test
    fun no_kind_is_named_where_android_knows_none_and_none_before_ours_exists() {
        val kinds = listOf(26, 28, 29, 30, 31, 32, 33, 34, 35, 36).associateWith(::foregroundTypeOf)
        // `ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED`; 0 is a service of no kind, which is refused from 34 on.
        val exempted = 1 shl 10
        assertEquals(
            mapOf(
                26 to null, 28 to null, 29 to 0, 30 to 0, 31 to 0, 32 to 0, 33 to 0, 34 to exempted, 35 to exempted, 36 to exempted,
            ),
            kinds,
        )
    }
}
