package io.github.hushwall.life

import android.content.Context
import io.github.hushwall.Hushwall

/** The process's parts, from wherever Android calls in. */
internal fun lifeOf(context: Context): Life = (context.applicationContext as Hushwall).life
