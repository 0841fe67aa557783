package io.github.hushwall.screens

import io.github.hushwall.R
import kotlin.math.pow
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34])
class ContrastTest {
    @Test
    fun `every text can be read on its ground, by day and by night`() {
        for (night in listOf("notnight", "night")) {
            RuntimeEnvironment.setQualifiers("+$night")
            for ((text, ground) in TEXTS) assertContrast(night, text, ground, 4.5)
            for ((shape, ground) in SHAPES) assertContrast(night, shape, ground, 3.0)
        }
    }

    private fun assertContrast(night: String, front: Int, back: Int, least: Double) {
        val resources = RuntimeEnvironment.getApplication().resources
        val (a, b) = listOf(front, back).map { light(resources.getColor(it, null)) }.sortedDescending()
        val contrast = (a + 0.05) / (b + 0.05)
        val names = resources.getResourceEntryName(front) + " on " + resources.getResourceEntryName(back)
        assertTrue("$names by $night: $contrast", contrast >= least)
    }

    /** Relative luminance of WCAG 2. */
    private fun light(colour: Int): Double {
        val (red, green, blue) = listOf(16, 8, 0).map { shift ->
            val part = (colour shr shift and 0xFF) / 255.0
            if (part <= 0.03928) part / 12.92 else ((part + 0.055) / 1.055).pow(2.4)
        }
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    private companion object {
        val TEXTS = listOf(
            R.color.ink to R.color.ground, R.color.ink to R.color.tonal, R.color.ink_soft to R.color.ground,
            R.color.ink_soft to R.color.tonal, R.color.accent to R.color.ground, R.color.accent to R.color.tonal,
            R.color.on_accent to R.color.accent, R.color.trouble to R.color.ground,
        )
        val SHAPES = listOf(R.color.outline to R.color.ground, R.color.accent to R.color.ground, R.color.trouble to R.color.ground)
    }
}
