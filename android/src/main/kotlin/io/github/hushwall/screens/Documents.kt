package io.github.hushwall.screens

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.ContentResolver
import android.content.Intent
import android.net.Uri
import java.io.IOException

/** Files that the owner points at in the phone's own picker: no permission is wanted for them. */
internal object Documents {
    /** Asks where to write a text; `false` if the phone has no picker. */
    fun askWhereTo(page: Activity, name: String, request: Int): Boolean =
        ask(page, Intent(Intent.ACTION_CREATE_DOCUMENT).setType("text/plain").putExtra(Intent.EXTRA_TITLE, name), request)

    /** Asks which text to read; files from elsewhere have all kinds of types. */
    fun askWhich(page: Activity, request: Int): Boolean =
        ask(page, Intent(Intent.ACTION_OPEN_DOCUMENT).setType("*/*"), request)

    /** Writes [text]; `false` if that failed. Blocks. */
    fun write(resolver: ContentResolver, file: Uri, text: String): Boolean = try {
        // An older and longer file of that name leaves no tail behind.
        resolver.openOutputStream(file, "wt")?.use { it.write(text.toByteArray()) } != null
    } catch (_: IOException) {
        false
    } catch (_: SecurityException) {
        false
    }

    /** Reads a text of at most [atMost] characters; `null` if there is none. Blocks. */
    fun read(resolver: ContentResolver, file: Uri, atMost: Int): String? = try {
        resolver.openInputStream(file)?.bufferedReader()?.use { reader ->
            val text = CharArray(atMost + 1)
            var length = 0
            while (length < text.size) {
                val more = reader.read(text, length, text.size - length)
                if (more < 0) break
                length += more
            }
            if (length > atMost) null else String(text, 0, length)
        }
    } catch (_: IOException) {
        null
    } catch (_: SecurityException) {
        null
    }

    private fun ask(page: Activity, picker: Intent, request: Int): Boolean = try {
        @Suppress("DEPRECATION")
        page.startActivityForResult(picker.addCategory(Intent.CATEGORY_OPENABLE), request)
        true
    } catch (_: ActivityNotFoundException) {
        false
    }
}
