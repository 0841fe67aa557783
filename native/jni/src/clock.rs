//! Between the engine's clock and the one that people read.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::Timestamp;

/// Milliseconds since 1970.
pub(crate) fn unix_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

/// What is to be added to the engine's milliseconds to get those since 1970. The owner may set his clock at any time, so it
/// is asked for anew each time.
pub(crate) fn wall_offset(now: Timestamp) -> u64 {
    unix_millis().wrapping_sub(now.as_micros() / 1_000)
}

/// A moment in milliseconds since 1970.
pub(crate) const fn on_wall(at: Timestamp, offset: u64) -> u64 {
    (at.as_micros() / 1_000).wrapping_add(offset)
}
