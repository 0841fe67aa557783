//! What a change of the records means for a phone: coverage gained and lost under each preset, names kept free or no
//! longer, records that came, went or changed.

mod report;
mod views;

use std::collections::BTreeSet;

use records::{Preset, Reach, Rule};

use crate::{Collection, Decision, Place, decide, decide_at};

/// What a change of the records means.
#[derive(Debug, Default)]
pub struct Diff {
    /// Names and addresses whose decision changes.
    pub changes: Vec<Change>,
    /// Records that came, went or changed; of lists without records, names that are kept free all the same.
    pub edits: Vec<Edit>,
    /// What the edits are, where they are not records.
    pub edits_are: Option<&'static str>,
}

/// A name whose decision changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// The name, or with `*.` before it any name beneath that no rule names; or the address, with its port.
    pub name: String,
    /// Before.
    pub before: Decision,
    /// After.
    pub after: Decision,
    /// The presets under which it is so; none where presets do not matter.
    pub presets: Vec<Preset>,
    /// The rule that decided before, and the one that decides after.
    pub rules: [Option<String>; 2],
}

/// A rule that came, went or changed; or a package, a switch, a server past the DNS, a source, a file's own words.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its id, or what it is.
    pub id: String,
    /// Its name or address.
    pub pattern: String,
    /// What happened, in a few words: `new lead`, `removed`, `status: lead -> shipped`.
    pub what: Vec<String>,
}

/// What `new` changes against `old`.
pub fn diff(old: &Collection, new: &Collection) -> Diff {
    let mut names = BTreeSet::new();
    for (_, rule) in old
        .shipped()
        .chain(new.shipped())
        .filter(|(_, rule)| rule.network.is_none())
    {
        names.insert(rule.pattern.clone());
        if rule.reach == Reach::Subdomains {
            // `*` is a label that no rule has: what is beneath and not named.
            names.insert(format!("*.{}", rule.pattern));
        }
    }
    let mut diff = diff_on(old, new, names);
    let places: BTreeSet<Place> = old
        .shipped()
        .chain(new.shipped())
        .filter_map(|(_, rule)| Place::of(rule))
        .collect();
    let (before, after) = (in_force(old), in_force(new));
    for place in places {
        let at = |rules, preset| decide_at(rules, place, preset);
        diff.changes.extend(changes_of(&place.to_string(), |preset| {
            [
                at(before.iter().copied(), preset),
                at(after.iter().copied(), preset),
            ]
        }));
    }
    diff.edits = views::edits(old, new);
    diff
}

/// What `new` changes against `old` for some names, such as those that were seen in a capture.
pub fn diff_on(old: &Collection, new: &Collection, names: impl IntoIterator<Item = String>) -> Diff {
    let (before, after) = (in_force(old), in_force(new));
    let mut changes: Vec<Change> = Vec::new();
    for name in names {
        let on = |rules, preset| decide(rules, &name, preset);
        changes.extend(changes_of(&name, |preset| {
            [
                on(before.iter().copied(), preset),
                on(after.iter().copied(), preset),
            ]
        }));
    }
    changes.sort_by_cached_key(|change| change.name.rsplit('.').map(str::to_owned).collect::<Vec<_>>());
    Diff {
        changes,
        ..Diff::default()
    }
}

impl Diff {
    /// Whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.edits.is_empty()
    }
}

impl Change {
    /// Newly blocked.
    pub fn is_gain(&self) -> bool {
        self.after == Decision::Block
    }

    /// No longer blocked.
    pub fn is_loss(&self) -> bool {
        self.before == Decision::Block
    }

    /// Whether a name that is kept free becomes so, or ceases to be.
    pub fn touches_kept(&self) -> bool {
        let is_kept = |decision| matches!(decision, Decision::Essential | Decision::Feature);
        is_kept(self.before) || is_kept(self.after)
    }
}

fn in_force(collection: &Collection) -> Vec<&Rule> {
    collection.shipped().map(|(_, rule)| rule).collect()
}

/// A decision, and the rule that made it.
type Decided<'a> = (Decision, Option<&'a Rule>);

/// How the decision on one name or address changes, by groups of presets.
fn changes_of<'a>(name: &str, decided: impl Fn(Preset) -> [Decided<'a>; 2]) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    for preset in Preset::ALL {
        let [(was, was_by), (is, is_by)] = decided(preset);
        if was == is {
            continue;
        }
        match found
            .iter_mut()
            .find(|change| (change.before, change.after) == (was, is))
        {
            Some(change) => change.presets.push(preset),
            None => found.push(Change {
                name: name.to_owned(),
                before: was,
                after: is,
                presets: vec![preset],
                rules: [was_by, is_by].map(|rule| rule.map(|rule| rule.id.clone())),
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests;
