//! What is wrong with a list of another tool, name by name.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use records::{Kept, Rule, Status};

use super::{Finding, Level, names};
use crate::Collection;

/// What of a name a list blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The name alone.
    Exact,
    /// The name and all beneath it.
    Subdomains,
    /// All beneath it, and not the name.
    Below,
}

/// A name of a list that blocks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its line, from 1.
    pub line: usize,
    /// The name, in lower case.
    pub name: String,
    /// What of it is meant.
    pub extent: Extent,
}

/// What is wrong with the names of a list; `records` has those that were retired.
pub fn lint_names(path: &str, entries: &[Entry], records: &Collection) -> Vec<Finding> {
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
    // By name, and whether the name itself is meant.
    let mut first: HashMap<(&str, bool), &Entry> = HashMap::with_capacity(entries.len());
    for entry in entries {
        for (code, mend) in names::check(&entry.name, entry.extent != Extent::Exact, true) {
            push(entry.line, Level::Error, code, mend);
        }
        match first.entry((&entry.name, entry.extent != Extent::Below)) {
            Slot::Occupied(other) => {
                let mend = format!(
                    "`{}` is already in line {}; keep one",
                    entry.name,
                    other.get().line
                );
                push(entry.line, Level::Error, "duplicate", mend);
            }
            Slot::Vacant(slot) => {
                slot.insert(entry);
            }
        }
    }
    for entry in first.values() {
        if let Some(parent) = parent(&first, &entry.name) {
            let mend = format!(
                "`{}` is met by `{}` (line {}) already; take it out",
                entry.name, parent.name, parent.line
            );
            push(entry.line, Level::Error, "redundant", mend);
        }
    }
    for (sheet, tomb) in records.rules().filter(|(_, rule)| rule.status == Status::Retired) {
        if let Some(entry) = first.get(&(tomb.pattern.as_str(), true)) {
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
    found.sort_by(|a, b| (a.line, a.code).cmp(&(b.line, b.code)));
    found
}

/// The nearest entry above a name that meets what is beneath it.
fn parent<'a>(first: &HashMap<(&str, bool), &'a Entry>, name: &str) -> Option<&'a Entry> {
    let mut above = name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..));
    above.find_map(|name| {
        let of = |own| first.get(&(name, own)).copied();
        of(true)
            .filter(|entry| entry.extent == Extent::Subdomains)
            .or_else(|| of(false))
    })
}

/// The kept names of a finding that are named one by one.
const NAMED: usize = 3;

/// What to say of a list's rule that would block names that are kept free: each as it would be blocked, with the rule that
/// keeps it. The gravest are named: essential ones before those of a feature.
pub fn swallows(path: &str, line: usize, pattern: &str, kept: &[(String, &Rule)]) -> Finding {
    let mut kept: Vec<&(String, &Rule)> = kept.iter().collect();
    kept.sort_by_key(|(_, rule)| rule.kept != Kept::Essential);
    let said = |(name, rule): &(String, &Rule)| {
        let tier = if rule.kept == Kept::Essential {
            "essential"
        } else {
            "feature"
        };
        format!("the {tier} name `{name}` ({}): {}", rule.id, rule.what)
    };
    let named: Vec<String> = kept.iter().take(NAMED).map(|kept| said(kept)).collect();
    let count = match kept.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" And {more} more names that are kept free."),
    };
    Finding {
        path: path.to_owned(),
        line,
        level: Level::Error,
        code: "swallows",
        mend: format!(
            "`{pattern}` would block {}{count} Leave it out, or name the hosts that are meant",
            named.join(" Also ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(entries: &[(&str, Extent)]) -> Vec<(usize, &'static str)> {
        let entries: Vec<Entry> = entries
            .iter()
            .zip(1..)
            .map(|((name, extent), line)| Entry {
                line,
                name: (*name).to_owned(),
                extent: *extent,
            })
            .collect();
        let found = lint_names("hosts.txt", &entries, &crate::builtin());
        found.into_iter().map(|found| (found.line, found.code)).collect()
    }

    #[test]
    fn slips_duplicates_and_redundant_names_of_a_list_are_found_by_line() {
        let found = codes(&[
            ("data.mistat.xiaomi.com", Extent::Subdomains),
            ("weatherapi.market.xioami.com", Extent::Exact),
            ("data.mistat.xiaomi.com", Extent::Exact),
            ("a.data.mistat.xiaomi.com", Extent::Exact),
            ("ad.xiaomi.coma.stat.xiaomi.com", Extent::Exact),
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
            extent: Extent::Exact,
        };
        let found = lint_names("hosts.txt", &[entry], &crate::builtin());
        let retired = found.iter().find(|found| found.code == "retired").unwrap();
        assert!(retired.mend.contains("GoodbyeAds"), "{}", retired.mend);
    }

    #[test]
    fn what_is_beneath_a_name_is_not_the_name() {
        let found = codes(&[
            ("ads.example.com", Extent::Exact),
            ("ads.example.com", Extent::Below),
            ("a.ads.example.com", Extent::Exact),
            ("ads.example.com", Extent::Below),
        ]);
        assert_eq!(found, [(3, "redundant"), (4, "duplicate")]);
    }

    #[test]
    fn a_rule_that_swallows_much_is_one_finding_with_the_gravest_named() {
        let records = crate::builtin();
        let kept: Vec<(String, &Rule)> = records
            .shipped()
            .filter(|(_, rule)| !rule.is_block() && rule.network.is_none())
            .map(|(_, rule)| (rule.pattern.clone(), rule))
            .collect();
        let found = swallows("hosts.txt", 7, "xiaomi.com", &kept);
        assert_eq!((found.line, found.code), (7, "swallows"));
        assert_eq!(
            found.mend.matches("the essential name").count(),
            3,
            "{}",
            found.mend
        );
        let more = format!("And {} more", kept.len() - 3);
        assert!(found.mend.contains(&more), "{}", found.mend);
    }
}
