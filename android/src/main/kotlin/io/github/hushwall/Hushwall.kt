package io.github.hushwall

import android.app.Application

/** The process. */
class Hushwall : Application()
