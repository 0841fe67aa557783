//! The time to live of refused questions for one name, and the kind of reply.

use std::time::Duration;

use super::choice::Choice;
use crate::Timestamp;

/// Times to live beyond the usual one, in seconds.
const STEPS: [u32; 3] = [60, 300, 900];

/// So many times in a row a name was asked for as soon as its answer was forgotten, before the next step: two minutes of the
/// usual ten seconds, ten of a minute, half an hour of five.
const ROW: [u8; 3] = [12, 10, 6];

/// So many times in a row it was asked for although its answer should be remembered.
const HASTY: u8 = 12;

/// Questions so close are one occasion: both families, and repetitions.
const OCCASION: Duration = Duration::from_secs(1);

/// An app that waits so much longer than it must has calmed down.
const SLACK: Duration = Duration::from_secs(5);

/// Kinds of replies, the usual one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `0.0.0.0` or `::`.
    Zero,
    /// No record of this type.
    NoData,
    /// No such name.
    NxDomain,
}

/// What is known of how a name is asked for.
#[derive(Debug, Default)]
pub(super) struct Lever {
    /// How many steps up.
    level: usize,
    /// Occasions in a row at which the answer had just been forgotten.
    row: u8,
    /// Occasions in a row at which it should have been remembered.
    hasty: u8,
    /// When each class of records was asked for last, at the beginning of the occasion.
    asked: [Option<Timestamp>; 3],
    /// The last occasion: both families are asked for together.
    occasion: Option<Timestamp>,
    kind: Choice<3>,
}

impl Lever {
    /// A question for a class of records is refused: kind and time to live of the reply. `base` is the usual time, `most` the
    /// longest.
    pub(super) fn on_question(&mut self, class: usize, base: u32, most: u32, now: Timestamp) -> (Kind, u32) {
        if most == 0 {
            return (Kind::Zero, base);
        }
        let before = self.asked.get(class).copied().flatten();
        let waited = before.map(|before| now.since(before));
        if waited.is_none_or(|waited| waited >= OCCASION) {
            if let Some(asked) = self.asked.get_mut(class) {
                *asked = Some(now);
            }
            let is_new = self.occasion.is_none_or(|last| now.since(last) >= OCCASION);
            if is_new {
                self.occasion = Some(now);
            }
            if let Some(waited) = waited.filter(|_| is_new) {
                self.on_occasion(waited, base, most, now);
            }
        }
        let kind = match self.kind.on_event(now) {
            1 => Kind::NoData,
            2 => Kind::NxDomain,
            _ => Kind::Zero,
        };
        (kind, self.ttl(base, most))
    }

    fn on_occasion(&mut self, waited: Duration, base: u32, most: u32, now: Timestamp) {
        let ttl = Duration::from_secs(self.ttl(base, most).into());
        if waited < ttl * 3 / 4 {
            self.hasty = self.hasty.saturating_add(1);
            if self.hasty >= HASTY {
                self.hasty = 0;
                self.kind.begin(now);
            }
            return;
        }
        self.hasty = 0;
        if waited > ttl * 2 + SLACK {
            self.row = 0;
            self.level = self.level.saturating_sub(1);
            return;
        }
        self.row += 1;
        if ROW.get(self.level).is_some_and(|row| self.row >= *row) {
            (self.row, self.level) = (0, self.level + 1);
        }
        // At the last step nothing is counted any more.
        self.row = self.row.min(HASTY);
    }

    /// Of the level, within its bounds.
    fn ttl(&self, base: u32, most: u32) -> u32 {
        let step = self.level.checked_sub(1).and_then(|at| STEPS.get(at));
        step.map_or(base, |step| (*step).min(most).max(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u32 = 10;
    const MOST: u32 = 900;

    /// An app behind a cache that keeps answers: it wants the name every `every` seconds; returns how often we were asked
    /// within `seconds`, and the last time to live.
    fn play(lever: &mut Lever, start: u64, seconds: u64, every: u64) -> (u32, u32) {
        let (mut asked, mut ttl, mut fresh_until) = (0, BASE, 0);
        for second in (start..start + seconds).step_by(every as usize) {
            if second < fresh_until {
                continue;
            }
            asked += 1;
            let now = Timestamp::from_micros(second * 1_000_000);
            for class in 0..2 {
                (_, ttl) = lever.on_question(class, BASE, MOST, now);
            }
            fresh_until = second + u64::from(ttl);
        }
        (asked, ttl)
    }

    #[test]
    fn an_app_that_asks_every_second_all_night_is_answered_for_longer() {
        let mut lever = Lever::default();
        let (asked, ttl) = play(&mut lever, 1, 8 * 3_600, 1);
        assert_eq!(ttl, MOST);
        assert!(asked < 70, "{asked} instead of 2,880");
    }

    #[test]
    fn an_app_that_asks_now_and_then_keeps_the_usual_time() {
        for every in [30, 60, 600] {
            let mut lever = Lever::default();
            let (_, ttl) = play(&mut lever, 1, 8 * 3_600, every);
            assert_eq!(ttl, BASE, "{every}");
        }
    }

    #[test]
    fn an_app_that_has_calmed_down_gets_shorter_times_again() {
        let mut lever = Lever::default();
        let (_, ttl) = play(&mut lever, 1, 8 * 3_600, 1);
        assert_eq!(ttl, MOST);
        let (_, ttl) = play(&mut lever, 10 * 3_600, 24 * 3_600, 2 * 3_600);
        assert_eq!(ttl, BASE);
    }

    #[test]
    fn a_burst_is_no_storm() {
        let mut lever = Lever::default();
        for micros in 0..500 {
            let now = Timestamp::from_micros(1_000_000 + micros * 1_000);
            assert_eq!(lever.on_question(0, BASE, MOST, now), (Kind::Zero, BASE));
        }
    }

    #[test]
    fn the_time_stays_within_its_bounds() {
        for (base, most, longest) in [(10, 120, 120), (10, 0, 10), (600, 900, 900), (2_000, 900, 2_000)] {
            let mut lever = Lever::default();
            let mut now = Timestamp::from_micros(1);
            let mut ttl = base;
            for _ in 0..100 {
                (_, ttl) = lever.on_question(0, base, most, now);
                now = now + Duration::from_secs(ttl.into()) + Duration::from_millis(100);
            }
            assert_eq!(ttl, longest, "{base} {most}");
        }
    }

    #[test]
    fn who_keeps_no_answer_is_tried_with_other_kinds_of_replies() {
        // It waits a minute after "no such name", and a second after anything else.
        let (mut lever, mut now) = (Lever::default(), Timestamp::from_micros(1));
        let end = now + Duration::from_secs(1_800);
        let mut last = Kind::Zero;
        while now < end {
            (last, _) = lever.on_question(0, BASE, MOST, now);
            let wait = if last == Kind::NxDomain { 60 } else { 1 };
            now = now + Duration::from_secs(wait);
        }
        assert_eq!(last, Kind::NxDomain);
    }
}
