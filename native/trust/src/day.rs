//! A day of the calendar, in UTC.

use std::fmt;

/// Seconds of a day; Unix time knows no leap seconds.
const SECONDS: u64 = 86_400;

/// Days of each month of a year that is no leap year.
const MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The first and the last year that a day is read or written of.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=9999;

/// A day of the Gregorian calendar, in UTC, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// The day that a second since 1970 is in.
    pub fn of_unix(seconds: u64) -> Self {
        Self(u32::try_from(seconds / SECONDS).unwrap_or(u32::MAX))
    }

    /// The day of a date; `None` where the calendar has no such date.
    pub fn of_date(year: u32, month: u32, day: u32) -> Option<Self> {
        if !YEARS.contains(&year)
            || !(1..=12).contains(&month)
            || !(1..=month_days(year, month)).contains(&day)
        {
            return None;
        }
        let years: u32 = (*YEARS.start()..year).map(year_days).sum();
        let months: u32 = (1..month).map(|month| month_days(year, month)).sum();
        Some(Self(years + months + day - 1))
    }

    /// Reads `2026-11-21`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next()?;
            let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse().ok() } else { None }
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        parts.next().is_none().then(|| Self::of_date(year, month, day))?
    }

    /// The day's first second, since 1970.
    pub fn start(self) -> u64 {
        u64::from(self.0) * SECONDS
    }

    /// The day so many days later.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Year, month and day of the month.
    pub fn date(self) -> (u32, u32, u32) {
        let (mut year, mut rest) = (*YEARS.start(), self.0);
        while rest >= year_days(year) && year < *YEARS.end() {
            rest -= year_days(year);
            year += 1;
        }
        let mut month = 1;
        while month < 12 && rest >= month_days(year, month) {
            rest -= month_days(year, month);
            month += 1;
        }
        (year, month, rest.min(30) + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn year_days(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_days(year: u32, month: u32) -> u32 {
    let days = MONTHS.get(month as usize - 1).copied().unwrap_or(0);
    days + u32::from(month == 2 && is_leap(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_795_219_200, "2026-11-21"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Day::of_unix(seconds).to_string(), date);
            assert_eq!(Day::parse(date), Some(Day::of_unix(seconds)));
        }
    }

    #[test]
    fn every_day_is_read_as_it_is_written() {
        for day in (0..60_000).map(Day) {
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "1969-12-31",
            "26-01-01",
            "2026-1-01",
            "2026-01-01-",
            "+026-01-01",
            "",
            "--",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_clock_is_too_far() {
        assert!(Day::of_unix(u64::MAX).to_string().starts_with("9999-"));
    }
}
