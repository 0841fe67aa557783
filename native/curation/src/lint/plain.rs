//! What is wrong with a list of another tool, name by name.

use std::collections::BTreeMap;

use records::{Kept, Preset, Reach, Rule, Status};

use super::{Finding, Level, names};
use crate::Collection;

/// A name of a list that blocks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its line, from 1.
    pub line: usize,
    /// The name, in lower case.
    pub name: String,
    /// What of it is meant.
    pub reach: Reach,
}

/// What is wrong with the names of a list; `kept` has the names that no list should block.
pub fn lint_names(path: &str, entries: &[Entry], kept: &Collection) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut push = |line, level, code, mend| {
        found.push(Finding {
            path: path.to_owned(),
            line,
            level,
            code,
            mend,
        });
    };
    let mut first: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in entries {
        for (code, mend) in names::check(&entry.rule()) {
            push(entry.line, Level::Error, code, mend);
        }
        match first.get(entry.name.as_str()) {
            Some(other) => {
                let mend = format!("`{}` is already in line {}; keep one", entry.name, other.line);
                push(entry.line, Level::Error, "duplicate", mend);
            }
            None => {
                first.insert(&entry.name, entry);
            }
        }
    }
    for entry in first.values() {
        let above = entry
            .name
            .match_indices('.')
            .filter_map(|(at, _)| entry.name.get(at + 1..));
        let mut parents = above.filter_map(|name| first.get(name));
        if let Some(parent) = parents.find(|parent| parent.reach == Reach::Subdomains) {
            let mend = format!(
                "`{}` is met by `{}` (line {}) already; take it out",
                entry.name, parent.name, parent.line
            );
            push(entry.line, Level::Error, "redundant", mend);
        }
    }
    for (sheet, tomb) in kept.rules().filter(|(_, rule)| rule.status == Status::Retired) {
        if let Some(entry) = first.get(tomb.pattern.as_str()) {
            let note = sheet.record(tomb).and_then(|(_, record)| record.note.as_deref());
            let mend = format!(
                "`{}` was retired ({}): {} Leave it out",
                entry.name,
                tomb.id,
                note.unwrap_or("")
            );
            push(entry.line, Level::Error, "retired", mend);
        }
    }
    let kept = kept
        .shipped()
        .filter(|(_, rule)| !rule.is_block() && rule.network.is_none());
    for (_, rule) in kept {
        let name = rule.pattern.as_str();
        let above = name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..));
        let mut parents = std::iter::once(name)
            .chain(above)
            .filter_map(|name| first.get(name));
        if let Some(entry) = parents.find(|entry| entry.rule().meets(name)) {
            let tier = if rule.kept == Kept::Essential {
                "essential"
            } else {
                "feature"
            };
            let mend = format!(
                "`{}` would block the {tier} name `{name}` ({}): {} Leave it out, or name the hosts that are meant",
                entry.name, rule.id, rule.what
            );
            push(entry.line, Level::Error, "swallows", mend);
        }
    }
    found.sort_by(|a, b| (a.line, a.code).cmp(&(b.line, b.code)));
    found
}

impl Entry {
    fn rule(&self) -> Rule {
        Rule {
            id: self.name.clone(),
            pattern: self.name.clone(),
            reach: self.reach,
            network: None,
            what: String::new(),
            kept: Kept::Block(Preset::Everything),
            reply: None,
            status: Status::Shipped,
            record: 0,
            at: 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(entries: &[(&str, Reach)]) -> Vec<(usize, &'static str)> {
        let entries: Vec<Entry> = entries
            .iter()
            .zip(1..)
            .map(|((name, reach), line)| Entry {
                line,
                name: (*name).to_owned(),
                reach: *reach,
            })
            .collect();
        let found = lint_names("hosts.txt", &entries, &crate::builtin());
        found.into_iter().map(|found| (found.line, found.code)).collect()
    }

    #[test]
    fn slips_duplicates_and_redundant_names_of_a_list_are_found_by_line() {
        let found = codes(&[
            ("data.mistat.xiaomi.com", Reach::Subdomains),
            ("weatherapi.market.xioami.com", Reach::Exact),
            ("data.mistat.xiaomi.com", Reach::Exact),
            ("a.data.mistat.xiaomi.com", Reach::Exact),
            ("ad.xiaomi.coma.stat.xiaomi.com", Reach::Exact),
        ]);
        assert_eq!(
            found,
            [
                (2, "retired"),
                (2, "typo"),
                (3, "duplicate"),
                (4, "redundant"),
                (5, "joined")
            ]
        );
    }

    #[test]
    fn a_name_that_was_retired_is_told_with_its_reason() {
        let entry = Entry {
            line: 1,
            name: "watchdog.goodbyeads.xiaomi".to_owned(),
            reach: Reach::Exact,
        };
        let found = lint_names("hosts.txt", &[entry], &crate::builtin());
        let retired = found.iter().find(|found| found.code == "retired").unwrap();
        assert!(retired.mend.contains("GoodbyeAds"), "{}", retired.mend);
    }

    #[test]
    fn a_parent_of_names_that_are_kept_free_is_named_with_each_of_them() {
        let found = codes(&[
            ("find.api.micloud.xiaomi.net", Reach::Exact),
            ("xmpush.xiaomi.com", Reach::Subdomains),
        ]);
        assert!(
            found.contains(&(1, "swallows")) && found.contains(&(2, "swallows")),
            "{found:?}"
        );
    }
}
