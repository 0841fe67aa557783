//! Diagnostics: tracing hands its records to `log`, and that to Android's log.

use std::sync::Once;

use android_logger::Config;
use log::LevelFilter;

/// Sends diagnostics to Android's log; a second call does nothing. Elsewhere they go nowhere.
pub fn to_android() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A release has no level below, and a line of these carries no name.
        let config = Config::default()
            .with_tag("hushwall")
            .with_max_level(LevelFilter::Info);
        android_logger::init_once(config);
    });
}
