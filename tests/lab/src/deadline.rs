//! Waits for a condition, never for a time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// Asks `ready` until it is true.
///
/// # Errors
/// If it is not within `limit` (the message says what was waited for), or if `ready` fails.
pub fn until(what: &str, limit: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    let from = Instant::now();
    while !ready()? {
        if from.elapsed() > limit {
            bail!("waited {limit:?} in vain: {what}");
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(())
}
