//! One of several replies, by what is done with it: each is tried for a minute, and the one with the fewest events is kept.

use std::time::Duration;

use crate::Timestamp;

/// How long each is tried.
const TRIAL: Duration = Duration::from_secs(60);

/// How long the best one is kept.
const KEPT: Duration = Duration::from_secs(3_600);

/// A choice among `N` replies, the first of which is the usual one.
#[derive(Debug)]
pub(super) struct Choice<const N: usize> {
    state: State,
    /// Events an hour, of those that were tried.
    rates: [u64; N],
}

#[derive(Debug, Clone, Copy)]
enum State {
    Usual,
    Trying {
        at: usize,
        since: Timestamp,
        events: u64,
    },
    Kept {
        at: usize,
        until: Timestamp,
    },
}

impl<const N: usize> Default for Choice<N> {
    fn default() -> Self {
        Self {
            state: State::Usual,
            rates: [0; N],
        }
    }
}

impl<const N: usize> Choice<N> {
    /// Begins to try, unless that is done already.
    pub(super) const fn begin(&mut self, now: Timestamp) {
        if matches!(self.state, State::Usual) {
            self.state = State::Trying {
                at: 0,
                since: now,
                events: 0,
            };
        }
    }

    /// Something is to be replied to: with which.
    pub(super) fn on_event(&mut self, now: Timestamp) -> usize {
        match &mut self.state {
            State::Usual => 0,
            State::Kept { at, until } => {
                if now < *until {
                    return *at;
                }
                self.state = State::Usual;
                0
            }
            State::Trying { at, since, events } => {
                let tried = now.since(*since);
                if tried < TRIAL {
                    *events += 1;
                    return *at;
                }
                // Whoever comes back late has waited for it.
                let seconds = tried.as_secs().max(1);
                if let Some(rate) = self.rates.get_mut(*at) {
                    *rate = *events * 3_600 / seconds;
                }
                (*at, *since, *events) = (*at + 1, now, 1);
                let at = *at;
                if at < N { at } else { self.keep(now) }
            }
        }
    }

    fn keep(&mut self, now: Timestamp) -> usize {
        let best = self.rates.iter().enumerate().min_by_key(|(_, rate)| **rate);
        let at = best.map_or(0, |(at, _)| at);
        self.state = State::Kept {
            at,
            until: now + KEPT,
        };
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays an app that waits so many seconds after each reply, for an hour; what it got last.
    fn play(waits: [u64; 3]) -> usize {
        let (mut choice, mut now) = (Choice::<3>::default(), Timestamp::from_micros(1));
        choice.begin(now);
        let end = now + Duration::from_secs(1_800);
        let mut last = 0;
        while now < end {
            last = choice.on_event(now);
            now = now + Duration::from_secs(waits[last]);
        }
        last
    }

    #[test]
    fn the_reply_after_which_an_app_waits_longest_is_kept() {
        assert_eq!(play([1, 1, 1]), 0, "the usual one, if none is better");
        assert_eq!(play([1, 30, 5]), 1);
        assert_eq!(play([1, 2, 900]), 2);
        assert_eq!(play([5, 1, 1]), 0);
    }

    #[test]
    fn what_is_kept_ends_after_an_hour() {
        let (mut choice, start) = (Choice::<2>::default(), Timestamp::from_micros(1));
        assert_eq!(choice.on_event(start), 0);
        choice.begin(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..60 {
            assert_eq!(choice.on_event(at(second)), 0);
        }
        assert_eq!(choice.on_event(at(60)), 1);
        assert_eq!(choice.on_event(at(120)), 1, "one event against sixty");
        assert_eq!(choice.on_event(at(3_719)), 1);
        assert_eq!(choice.on_event(at(3_720)), 0);
    }
}
