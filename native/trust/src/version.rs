//! The version of a list: the day it was built on, and a number within that day.

use std::fmt;

use crate::Day;

/// The version of a list, as one number that only grows: year, month, day and a two-digit number within the day,
/// `2026112101`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

/// Why a number is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version; write year, month, day and a number within the day, such as 2026112101")]
pub struct VersionError;

/// Digits of a version.
const DIGITS: usize = 10;

impl Version {
    /// The version that a number is.
    pub fn new(number: u64) -> Result<Self, VersionError> {
        day(number).map(|_| Self(number)).ok_or(VersionError)
    }

    /// Reads ten digits.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() != DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VersionError);
        }
        Self::new(text.parse().map_err(|_| VersionError)?)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The day that the list was built on. A list's dates come from here and never from a clock.
    pub fn built(self) -> Day {
        day(self.0).unwrap_or_else(|| Day::of_unix(0))
    }
}

fn day(number: u64) -> Option<Day> {
    let date = number / 100;
    let part = |number: u64| u32::try_from(number).ok();
    Day::of_date(part(date / 10_000)?, part(date / 100 % 100)?, part(date % 100)?)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
