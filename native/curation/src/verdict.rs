//! What records say of a name, by the precedence of `blocklists/FORMAT.md`, one rule after the other. The firewall has a
//! faster way; `tests/lists` holds them against one another.

use records::{Kept, Preset, Rule};

use crate::Place;

/// What decides on a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// No list blocks it.
    Essential,
    /// Allowed while its switch is on.
    Feature,
    /// Blocked.
    Block,
    /// No rule meets it.
    NoRule,
}

/// The decision on a name under a preset with all switches on, and the rule that made it, the most specific of its kind.
pub fn decide<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    name: &str,
    preset: Preset,
) -> (Decision, Option<&'a Rule>) {
    let met = rules.into_iter().filter(|rule| rule.meets(name));
    best(met.map(|rule| (rule.pattern.len(), rule)), preset)
}

/// The decision on an address, likewise.
pub fn decide_at<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    place: Place,
    preset: Preset,
) -> (Decision, Option<&'a Rule>) {
    let met = rules.into_iter().filter(|rule| place.is_met_by(rule));
    let specific = |rule: &Rule| {
        rule.network.map_or(0, |(_, length, port)| {
            usize::from(length) * 2 + usize::from(port > 0)
        })
    };
    best(met.map(|rule| (specific(rule), rule)), preset)
}

/// Of the rules that meet something, each with how specific it is, the one that decides.
fn best<'a>(met: impl Iterator<Item = (usize, &'a Rule)>, preset: Preset) -> (Decision, Option<&'a Rule>) {
    let mut best: Option<(Decision, usize, &Rule)> = None;
    let rank = |decision| match decision {
        Decision::Essential => 3,
        Decision::Feature => 2,
        Decision::Block => 1,
        Decision::NoRule => 0,
    };
    for (specific, rule) in met {
        let decision = match rule.kept {
            Kept::Essential => Decision::Essential,
            Kept::Feature(..) => Decision::Feature,
            Kept::Block(from) if preset >= from => Decision::Block,
            Kept::Block(_) => continue,
        };
        if best.is_none_or(|(best, length, _)| (rank(decision), specific) > (rank(best), length)) {
            best = Some((decision, specific, rule));
        }
    }
    best.map_or((Decision::NoRule, None), |(decision, _, rule)| {
        (decision, Some(rule))
    })
}
