//! Equal verdicts within a few seconds are one line and a count.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::{Duration, Instant};

use engine::Seen;

/// How long a verdict stands for its repeats.
const WINDOW: Duration = Duration::from_secs(2);
/// Verdicts remembered at most; then the oldest is let go early.
const MOST: usize = 64;

/// A verdict that came again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeats {
    pub(super) what: String,
    pub(super) blocked: bool,
    pub(super) times: u64,
}

#[derive(Debug)]
struct Entry {
    key: u64,
    what: String,
    blocked: bool,
    since: Instant,
    times: u64,
}

/// Remembers the verdicts of the last seconds, oldest first.
#[derive(Debug, Default)]
pub(super) struct Fold {
    recent: VecDeque<Entry>,
    hasher: RandomState,
}

impl Fold {
    /// Whether this verdict is to be written now; if not, it is counted.
    pub(super) fn is_new(&mut self, what: &str, seen: Seen, blocked: bool, now: Instant) -> bool {
        let key = self.hasher.hash_one((what, seen, blocked));
        if let Some(entry) = self.recent.iter_mut().rev().find(|entry| entry.key == key) {
            entry.times += 1;
            return false;
        }
        self.recent.push_back(Entry {
            key,
            what: what.to_owned(),
            blocked,
            since: now,
            times: 0,
        });
        true
    }

    /// The next verdict whose time is over, or for which there is no room, if it came again.
    pub(super) fn poll_repeats(&mut self, now: Instant) -> Option<Repeats> {
        loop {
            let oldest = self.recent.front()?;
            if self.recent.len() <= MOST && now.saturating_duration_since(oldest.since) < WINDOW {
                return None;
            }
            if let Some(repeats) = self.pop() {
                return Some(repeats);
            }
        }
    }

    /// Everything that is left, at the end.
    pub(super) fn drain(&mut self) -> Option<Repeats> {
        while !self.recent.is_empty() {
            if let Some(repeats) = self.pop() {
                return Some(repeats);
            }
        }
        None
    }

    /// When [`Self::poll_repeats`] will have something to say: never, if nothing came again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.recent
            .iter()
            .find(|entry| entry.times > 0)
            .map(|entry| entry.since + WINDOW)
    }

    fn pop(&mut self) -> Option<Repeats> {
        let entry = self.recent.pop_front()?;
        (entry.times > 0).then_some(Repeats {
            what: entry.what,
            blocked: entry.blocked,
            times: entry.times,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_until_their_time_is_over() {
        let mut fold = Fold::default();
        let start = Instant::now();
        assert!(fold.is_new("a", Seen::Query, true, start));
        assert!(!fold.is_new("a", Seen::Query, true, start + WINDOW / 5));
        assert!(!fold.is_new("a", Seen::Query, true, start + WINDOW * 4 / 5));
        assert!(
            fold.is_new("a", Seen::Sni, true, start),
            "another sight of it is another line"
        );
        assert!(
            fold.is_new("a", Seen::Query, false, start),
            "another verdict is another line"
        );
        assert_eq!(fold.poll_repeats(start + WINDOW * 4 / 5), None);
        assert_eq!(fold.poll_timeout(), Some(start + WINDOW));
        let repeats = fold.poll_repeats(start + WINDOW).unwrap();
        assert_eq!(
            repeats,
            Repeats {
                what: "a".to_owned(),
                blocked: true,
                times: 2
            }
        );
        assert_eq!(fold.poll_repeats(start + WINDOW), None);
        assert!(fold.is_new("a", Seen::Query, true, start + WINDOW));
    }

    #[test]
    fn without_repeats_there_is_nothing_to_wake_up_for() {
        let mut fold = Fold::default();
        fold.is_new("a", Seen::Query, true, Instant::now());
        assert_eq!(fold.poll_timeout(), None);
    }

    #[test]
    fn memory_is_bounded_and_counts_are_not_lost() {
        let mut fold = Fold::default();
        let start = Instant::now();
        let mut told = 0;
        for round in 0..2 {
            for number in 0..1_000 {
                fold.is_new(&number.to_string(), Seen::Query, true, start);
                if round == 0 && number == 0 {
                    fold.is_new("0", Seen::Query, true, start);
                }
                while let Some(repeats) = fold.poll_repeats(start) {
                    told += repeats.times;
                }
                assert!(fold.recent.len() <= MOST);
            }
        }
        while let Some(repeats) = fold.drain() {
            told += repeats.times;
        }
        assert_eq!(told, 1);
    }
}
