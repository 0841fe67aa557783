package io.github.hushwall.screens

import android.content.Context
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import android.widget.CheckBox
import android.widget.CompoundButton
import android.widget.RadioButton
import android.widget.Switch
import io.github.hushwall.R

/** How a row is chosen. */
enum class Choice(private val readAs: Class<out CompoundButton>) {
    /** One of several. */
    ONE_OF(RadioButton::class.java),

    /** On or off, at once. */
    ON_OFF(Switch::class.java),

    /** In or out of a set. */
    PART_OF(CheckBox::class.java),
    ;

    /** The mark at the row's end, which is not touched by itself. */
    fun mark(context: Context, on: Boolean): View = when (this) {
        ONE_OF -> RadioButton(context)
        ON_OFF -> Switch(context).apply {
            setTrackResource(R.drawable.switch_track)
            setThumbResource(R.drawable.switch_thumb)
        }
        PART_OF -> CheckBox(context)
    }.apply { isChecked = on }

    /** Lets a screen reader read the row as what it is. */
    fun delegate(on: Boolean): View.AccessibilityDelegate = object : View.AccessibilityDelegate() {
        @Suppress("DEPRECATION")
        override fun onInitializeAccessibilityNodeInfo(host: View, info: AccessibilityNodeInfo) {
            super.onInitializeAccessibilityNodeInfo(host, info)
            info.className = readAs.name
            info.isCheckable = true
            info.isChecked = on
        }
    }
}
