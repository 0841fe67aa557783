//! What a change of the records means for a phone: coverage gained and lost under each preset, names kept free or no
//! longer, records that came, went or changed.

mod report;

use std::collections::{BTreeMap, BTreeSet};

use records::{Preset, Reach, Rule, Status};

use crate::{Collection, Decision, decide};

/// What a change of the records means.
#[derive(Debug, Default)]
pub struct Diff {
    /// Names whose decision changes.
    pub changes: Vec<Change>,
    /// Records that came, went or changed; of lists without records, names that are kept free all the same.
    pub edits: Vec<Edit>,
    /// What the edits are, where they are not records.
    pub edits_are: Option<&'static str>,
}

/// A name whose decision changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// The name, or with `*.` before it any name beneath that no rule names.
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

/// A rule that came, went or changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its id.
    pub id: String,
    /// Its name or address.
    pub pattern: String,
    /// What happened, in a few words: `new lead`, `removed`, `status: lead -> shipped`.
    pub what: Vec<String>,
}

/// A rule as a diff sees it: what it says apart from where it stands.
struct View {
    pattern: String,
    fields: Vec<(&'static str, String)>,
    status: Status,
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
    Diff {
        edits: edits(old, new),
        ..diff_on(old, new, names)
    }
}

/// What `new` changes against `old` for some names, such as those that were seen in a capture.
pub fn diff_on(old: &Collection, new: &Collection, names: impl IntoIterator<Item = String>) -> Diff {
    let shipped = |collection: &Collection| -> Vec<Rule> {
        let rules = collection.shipped().map(|(_, rule)| rule.clone());
        rules.filter(|rule| rule.network.is_none()).collect()
    };
    let (before, after) = (shipped(old), shipped(new));
    let mut changes: Vec<Change> = Vec::new();
    for name in names {
        changes.extend(changes_of(&before, &after, &name));
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

/// How the decision on one name changes, by groups of presets.
fn changes_of(before: &[Rule], after: &[Rule], name: &str) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    for preset in Preset::ALL {
        let (was, was_by) = decide(before, name, preset);
        let (is, is_by) = decide(after, name, preset);
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

fn edits(old: &Collection, new: &Collection) -> Vec<Edit> {
    let (before, after) = (views(old), views(new));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut edits = Vec::new();
    for id in ids {
        let what = match (before.get(id), after.get(id)) {
            (None, Some(now)) => vec![format!("new, {}", now.status.as_str())],
            (Some(was), None) => vec![format!("removed, was {}", was.status.as_str())],
            (Some(was), Some(now)) => was.difference(now),
            (None, None) => Vec::new(),
        };
        let pattern = after
            .get(id)
            .or_else(|| before.get(id))
            .map_or_else(String::new, |view| view.pattern.clone());
        if !what.is_empty() {
            edits.push(Edit {
                id: id.clone(),
                pattern,
                what,
            });
        }
    }
    edits
}

fn views(collection: &Collection) -> BTreeMap<String, View> {
    let mut views = BTreeMap::new();
    for (sheet, rule) in collection.rules() {
        let Some((file, record)) = sheet.record(rule) else {
            continue;
        };
        let evidence: BTreeSet<&str> = record
            .evidence
            .iter()
            .filter_map(|key| Some(file.source.get(key.get_ref())?.get_ref().url.as_str()))
            .collect();
        let fields = vec![
            ("name", rule.pattern.clone()),
            ("match", record.reach.map_or("", Reach::as_str).to_owned()),
            ("status", record.status.as_str().to_owned()),
            ("role", file.role.as_str().to_owned()),
            ("preset", rule.from().map_or("", Preset::as_str).to_owned()),
            ("feature", record.feature.clone().unwrap_or_default()),
            (
                "function",
                record
                    .function(file)
                    .map_or("", records::Function::as_str)
                    .to_owned(),
            ),
            (
                "reply",
                record
                    .reply
                    .map_or_else(String::new, |reply| format!("{:?} {}", reply.kind, reply.ttl)),
            ),
            ("words", rule.what.clone()),
            ("breaks", format!("{:?}", record.breaks)),
            ("evidence", evidence.into_iter().collect::<Vec<_>>().join(" ")),
            ("note", record.note.clone().unwrap_or_default()),
        ];
        // Ports of one address share an id; the first speaks for them.
        views.entry(rule.id.clone()).or_insert_with(|| View {
            pattern: rule.pattern.clone(),
            fields,
            status: record.status,
        });
    }
    views
}

impl View {
    fn difference(&self, now: &Self) -> Vec<String> {
        let pairs = self.fields.iter().zip(&now.fields).filter(|(was, is)| was != is);
        pairs
            .map(|((field, was), (_, is))| match *field {
                "words" | "breaks" | "evidence" | "note" => format!("{field} changed"),
                _ if was.is_empty() => format!("{field}: {is}"),
                _ if is.is_empty() => format!("{field}: no longer {was}"),
                _ => format!("{field}: {was} -> {is}"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
