package io.github.hushwall.control

import io.github.hushwall.R

/** The label of a button: a verb. */
fun labelOf(button: Button): Int = when (button) {
    Button.PAUSE -> R.string.action_pause
    Button.TURN_ON -> R.string.action_turn_on
    Button.TURN_ON_NOW -> R.string.action_turn_on_now
    Button.ASK_AGAIN -> R.string.action_ask_again
    Button.TEST_NOW -> R.string.action_test_now
    Button.PREVENT -> R.string.action_prevent
    Button.DETAILS -> R.string.action_details
    Button.EXPORT_LISTS -> R.string.action_export_lists
    Button.VPN_SETTINGS -> R.string.action_vpn_settings
    Button.PRIVATE_DNS_SETTINGS -> R.string.action_private_dns_settings
    Button.KEEP -> R.string.action_keep
    Button.CHECK_NAMES -> R.string.action_check_names
    Button.COVER_ALL -> R.string.action_cover_all
    Button.CHOOSE_APPS -> R.string.action_choose_apps
    Button.SOMETHING_BROKE -> R.string.action_something_broke
    Button.UPDATE -> R.string.action_update
    Button.TRY_AGAIN -> R.string.action_try_again
    Button.FIX -> R.string.action_fix
}
