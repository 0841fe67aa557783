//! How long, and how much memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::asked::Asked;

/// Measurements, of which the shortest counts: what else the machine does only makes one longer.
pub(crate) const ROUNDS: usize = 15;
/// Look-ups that are timed together.
const PART: usize = 500;

/// Someone who looks up names: gives how many of these are met.
pub(crate) type Matcher<'a> = Box<dyn Fn(&[&str]) -> usize + 'a>;

/// A matcher that looks up one name after the other.
pub(crate) fn matcher<'a>(look_up: impl Fn(&str) -> bool + 'a) -> Matcher<'a> {
    Box::new(move |names| names.iter().filter(|name| look_up(black_box(name))).count())
}

/// Nanoseconds a look-up of each matcher: the shortest time of each part of the names, added up. A part is over before the
/// machine turns to something else, and comes again only after all others, so that it finds no warmer cache than they. The
/// matchers take turns round by round, so that a busy minute is one for all. A turn goes so many times through the names:
/// what lies in the caches is in the first that of the others, in the next a matcher's own.
pub(crate) fn nanoseconds<const N: usize>(
    asked: &Asked<'_>,
    cycles: usize,
    matchers: &[Matcher<'_>; N],
) -> [f64; N] {
    let parts = asked.names.chunks(PART).zip(asked.is_met.chunks(PART));
    let parts: Vec<_> = parts
        .map(|(names, is_met)| (names, is_met.iter().filter(|is_met| **is_met).count()))
        .collect();
    let mut best = [(); N].map(|()| vec![Duration::MAX; parts.len()]);
    for _ in 0..ROUNDS.div_ceil(cycles) {
        for (matcher, best) in matchers.iter().zip(&mut best) {
            for (at, &(names, expected)) in parts.iter().enumerate().cycle().take(cycles * parts.len()) {
                let start = Instant::now();
                let met = matcher(names);
                best[at] = start.elapsed().min(best[at]);
                assert_eq!(met, expected);
            }
        }
    }
    best.map(|best| best.iter().sum::<Duration>().as_nanos() as f64 / asked.names.len() as f64)
}

/// Time that this thread was on a processor: what others do on a busy machine is left out.
pub(crate) fn on_processor() -> anyhow::Result<Duration> {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = numbers.split_ascii_whitespace().next().context("schedstat")?;
    Ok(Duration::from_nanos(first.parse()?))
}

/// Memory of this process, in KiB, that belongs to no file and that no other process shares: what a list costs a phone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) private_dirty: usize,
    pub(crate) anonymous: usize,
}

impl Memory {
    pub(crate) fn now() -> anyhow::Result<Self> {
        Ok(Self {
            private_dirty: kib("/proc/self/smaps_rollup", "Private_Dirty:")?,
            anonymous: kib("/proc/self/status", "RssAnon:")?,
        })
    }

    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            private_dirty: self.private_dirty.saturating_sub(before.private_dirty),
            anonymous: self.anonymous.saturating_sub(before.anonymous),
        }
    }
}

fn kib(file: &str, key: &'static str) -> anyhow::Result<usize> {
    let text = std::fs::read_to_string(file)?;
    let line = text.lines().find(|line| line.starts_with(key));
    let number = line.and_then(|line| line.split_ascii_whitespace().nth(1));
    Ok(number.context(key)?.parse()?)
}
