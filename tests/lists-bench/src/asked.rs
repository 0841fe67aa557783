//! What is asked: names of four kinds, the same ones on every run.

use std::collections::HashSet;

use crate::names::Random;

/// Look-ups of one measurement.
const LOOKUPS: usize = 100_000;
/// Look-ups of the mix, and the how manieth of them is on the list.
const MIXED: usize = 200_000;
const EVERY: usize = 10;
/// Different names that a phone asks for in some days.
const WORKING_SET: usize = 2_000;

/// Names to look up, one after the other.
pub(crate) struct Asked<'a> {
    pub(crate) names: Vec<&'a str>,
    /// Whether the list meets each.
    pub(crate) is_met: Vec<bool>,
}

/// The names of which `Asked` takes some. They lie one behind the other as they
/// are asked: who asks on a phone has the name at hand, and fetching it from all over the memory is no part of a look-up.
pub(crate) struct Pool {
    text: String,
    /// The ends of names that the list meets, half of them beneath its names, drawn with equal chance; then those of names
    /// that it does not; then those of the mix.
    ends: Vec<usize>,
}

impl Pool {
    pub(crate) fn new(names: &[String]) -> Self {
        let mut random = Random::new(0x9e5);
        let known: HashSet<&str> = names.iter().map(String::as_str).collect();
        let is_met = |name: &str| {
            std::iter::successors(Some(name), |rest| rest.split_once('.').map(|(_, parent)| parent))
                .any(|suffix| known.contains(suffix))
        };
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(2 * LOOKUPS + MIXED));
        let mut push = |name: &str| {
            text.push_str(name);
            ends.push(text.len());
        };
        for _ in 0..LOOKUPS {
            let name = &names[random.below(names.len())];
            match random.below(2) {
                0 => push(&format!("x{}.{name}", random.below(50))),
                _ => push(name),
            }
        }
        let strangers = std::iter::repeat_with(|| random.name()).filter(|name| !is_met(name));
        strangers.take(LOOKUPS).for_each(|name| push(&name));
        for at in 0..MIXED {
            if at % EVERY == 0 {
                let name = &names[random.below(names.len())];
                match random.below(2) {
                    0 => push(&format!("{}.{name}", random.label(2..8))),
                    _ => push(name),
                }
            } else {
                let mut stranger = || {
                    let (host, domain) = (random.label(2..8), random.label(4..12));
                    format!(
                        "{host}.{domain}.{}",
                        random.of(&["com", "net", "org", "io", "co.uk"])
                    )
                };
                let names = std::iter::repeat_with(&mut stranger);
                names
                    .filter(|name| !is_met(name))
                    .take(1)
                    .for_each(|name| push(&name));
            }
        }
        Self { text, ends }
    }

    fn all(&self) -> Vec<&str> {
        let mut start = 0;
        let name = |&end: &usize| &self.text[std::mem::replace(&mut start, end)..end];
        self.ends.iter().map(name).collect()
    }

    /// Nine strangers, a host in a domain that nobody knows, and one name on the list or one label beneath it.
    pub(crate) fn mix(&self) -> Asked<'_> {
        let names = self.all().into_iter().skip(2 * LOOKUPS);
        Asked::new(names.enumerate().map(|(at, name)| (name, at % EVERY == 0)))
    }

    /// Names on the list, hardly one twice: the worst that can be asked.
    pub(crate) fn hits(&self) -> Asked<'_> {
        Asked::new(self.all().drain(..LOOKUPS).map(|name| (name, true)))
    }

    /// Strangers, hardly one twice.
    pub(crate) fn misses(&self) -> Asked<'_> {
        Asked::new(self.all().drain(LOOKUPS..2 * LOOKUPS).map(|name| (name, false)))
    }

    /// What a phone asks: of 2,000 names, one in seven on the list, the second half as often as the first, the third a third
    /// as often (Zipf's law), in no order.
    pub(crate) fn phone(&self) -> Asked<'_> {
        let mut random = Random::new(0x2f1);
        let mut chances = Vec::with_capacity(WORKING_SET);
        let mut sum = 0;
        for rank in 1..=WORKING_SET {
            sum += (1 << 32) / rank;
            chances.push(sum);
        }
        let all = self.all();
        let draws = (0..LOOKUPS).map(|_| {
            let drawn = random.below(sum);
            let rank = chances.partition_point(|&chance| chance <= drawn);
            let is_met = rank % 7 == 3;
            let name = all[if is_met { rank } else { LOOKUPS + rank }];
            (name, is_met)
        });
        Asked::new(draws)
    }
}

impl<'a> Asked<'a> {
    fn new(names: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let (names, is_met) = names.unzip();
        Self { names, is_met }
    }
}
