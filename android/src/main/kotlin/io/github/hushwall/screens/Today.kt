package io.github.hushwall.screens

import java.util.Calendar

/** What today amounts to: destinations and apps, not attempts. */
data class Today(val destinations: Int, val apps: Int)

/** What of [stops] was stopped on the day of [now]. */
fun todayOf(stops: List<Stop>, now: Long): Today {
    val ofToday = stops.filter { it.last >= startOfDay(now) }
    return Today(ofToday.distinctBy(Stop::destination).size, ofToday.distinctBy { it.packageName ?: it.app }.size)
}

/** When the day of [millis] began where the phone is. */
fun startOfDay(millis: Long): Long = Calendar.getInstance().run {
    timeInMillis = millis
    set(Calendar.HOUR_OF_DAY, 0)
    set(Calendar.MINUTE, 0)
    set(Calendar.SECOND, 0)
    set(Calendar.MILLISECOND, 0)
    timeInMillis
}
