//! Finds what is refused again and again: a refusal that makes an app ask on costs battery, and is worth another reply.

use std::collections::HashMap;
use std::time::Duration;

use engine::Timestamp;

/// The length of a count.
const WINDOW: Duration = Duration::from_secs(60);

/// From so many refusals within a window on it is a storm; told then and at each doubling.
const STORM: u32 = 60;

/// Things counted at once; a phone refuses some hundred names a day.
const MOST: usize = 256;

/// Counts refusals by app and name.
#[derive(Debug, Default)]
pub(crate) struct Storms {
    counts: HashMap<(Option<u32>, String), Count>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    began: Timestamp,
    count: u32,
    tell_at: u32,
}

impl Storms {
    /// Counts a refusal; the beginning of the count and its figure where it is a storm.
    pub(crate) fn count(&mut self, uid: Option<u32>, name: &str, at: Timestamp) -> Option<(Timestamp, u32)> {
        let key = (uid, name.to_owned());
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.counts.retain(|_, count| at.since(count.began) < WINDOW);
            if self.counts.len() >= MOST {
                return None;
            }
        }
        let fresh = Count {
            began: at,
            count: 0,
            tell_at: STORM,
        };
        let count = self.counts.entry(key).or_insert(fresh);
        if at.since(count.began) >= WINDOW {
            *count = fresh;
        }
        count.count = count.count.saturating_add(1);
        if count.count < count.tell_at {
            return None;
        }
        count.tell_at = count.tell_at.saturating_mul(2);
        Some((count.began, count.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn storm_is_told_at_sixty_a_minute_and_at_each_doubling() {
        let mut storms = Storms::default();
        let told: Vec<u32> = (0..300)
            .filter_map(|_| storms.count(Some(1), "a.example", at(5)))
            .map(|(_, count)| count)
            .collect();
        assert_eq!(told, [60, 120, 240]);
    }

    #[test]
    fn refusals_of_several_minutes_apps_and_names_are_no_storm() {
        let mut storms = Storms::default();
        for minute in 0..10 {
            for _ in 0..59 {
                assert_eq!(storms.count(Some(1), "a.example", at(minute * 60)), None);
                assert_eq!(storms.count(Some(2), "a.example", at(minute * 60)), None);
                assert_eq!(storms.count(Some(1), "b.example", at(minute * 60)), None);
            }
        }
    }

    #[test]
    fn counts_are_bounded() {
        let mut storms = Storms::default();
        for name in 0..10_000 {
            storms.count(None, &name.to_string(), at(1));
        }
        assert_eq!(storms.counts.len(), MOST);
        assert_eq!(storms.count(None, "later", at(62)), None);
        assert_eq!(storms.counts.len(), 1);
    }
}
