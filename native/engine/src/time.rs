//! Time as an argument.

use std::num::NonZeroU64;
use std::ops::Add;
use std::time::Duration;

/// A point in time: microseconds of a clock that goes on in suspend (CLOCK_BOOTTIME).
///
/// Each flow has half a dozen of them that may be absent, so an `Option` of one takes no more room: one more than the
/// microseconds is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(NonZeroU64);

impl Timestamp {
    /// The clock's origin.
    pub const ZERO: Self = Self(NonZeroU64::MIN);

    /// From microseconds since the clock's origin.
    pub const fn from_micros(micros: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(micros))
    }

    /// Microseconds since the clock's origin.
    pub const fn as_micros(self) -> u64 {
        self.0.get() - 1
    }

    /// The time that passed since `earlier`; zero if it is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.get().saturating_sub(earlier.0.get()))
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        let micros = u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}
