//! How many seeds a property is tried with.

use std::ops::Range;

/// `count` seeds from `first` on; `SIMULATION_TIMES=20` tries twenty times as many.
pub fn seeds(first: u64, count: u64) -> Range<u64> {
    let times = std::env::var("SIMULATION_TIMES")
        .ok()
        .and_then(|times| times.parse().ok());
    let times: u64 = times.unwrap_or(1);
    let first = if times > 1 { first * 1_000_000 } else { first };
    first..first + count * times
}
