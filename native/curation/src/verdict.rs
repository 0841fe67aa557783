//! What records say of a name, by the precedence of `blocklists/FORMAT.md`, one rule after the other. The firewall has a
//! faster way; `tests/lists` holds them against one another.

use records::{Kept, Preset, Rule};

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
    let mut best: Option<(u8, usize, &Rule)> = None;
    for rule in rules.into_iter().filter(|rule| rule.meets(name)) {
        let rank = match rule.kept {
            Kept::Essential => 3,
            Kept::Feature(..) => 2,
            Kept::Block(from) if preset >= from => 1,
            Kept::Block(_) => continue,
        };
        if best.is_none_or(|(best, length, _)| (rank, rule.pattern.len()) > (best, length)) {
            best = Some((rank, rule.pattern.len(), rule));
        }
    }
    match best {
        Some((3, _, rule)) => (Decision::Essential, Some(rule)),
        Some((2, _, rule)) => (Decision::Feature, Some(rule)),
        Some((_, _, rule)) => (Decision::Block, Some(rule)),
        None => (Decision::NoRule, None),
    }
}
