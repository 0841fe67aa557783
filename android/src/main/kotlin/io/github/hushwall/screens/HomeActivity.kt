package io.github.hushwall.screens

import android.app.Activity
import android.os.Bundle
import android.widget.TextView
import io.github.hushwall.R

/** Home: the state, one line why we may say so, and the way to everything else. */
class HomeActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(TextView(this).apply { setText(R.string.app_name) })
    }
}
