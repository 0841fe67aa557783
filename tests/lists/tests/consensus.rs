//! Names that several public lists block stay known here: `tests/fixtures/lists/consensus.tsv`, blocked from a preset on,
//! held as a lead, or retired.

use lists::{PRESETS, never_block, read, records, rules, rules_with_leads};
use records::{Reach, Status};

fn rows() -> Vec<(String, String)> {
    let text = read("tests/fixtures/lists/consensus.tsv");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<(String, String)> = lines
        .map(|line| {
            let (name, state) = line.split_once('\t').expect("two cells a line");
            (name.to_owned(), state.to_owned())
        })
        .collect();
    assert!(rows.len() > 120, "{} rows", rows.len());
    rows
}

fn is_beneath(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

#[test]
fn every_name_of_several_lists_has_the_state_that_the_table_says() {
    let collection = records();
    let blocks = || {
        collection
            .rules()
            .map(|(_, rule)| rule)
            .filter(|rule| rule.is_block())
    };
    let leads: Vec<_> = blocks()
        .filter(|rule| rule.status == Status::Lead && rule.network.is_none())
        .collect();
    let compiled: Vec<_> = PRESETS
        .iter()
        .map(|(preset, title)| (rules(*preset, &[]), *title))
        .collect();
    let mut wrong = Vec::new();
    for (name, state) in rows() {
        let first = compiled
            .iter()
            .find(|(rules, _)| rules.verdict(&name, None).is_block());
        let is_lead = leads.iter().any(|rule| {
            rule.pattern == name || rule.reach == Reach::Subdomains && is_beneath(&name, &rule.pattern)
        });
        let is_retired = blocks().any(|rule| rule.pattern == name && rule.status == Status::Retired);
        let found = match first {
            Some((_, title)) => title,
            None if is_lead => "lead",
            None if is_retired => "retired",
            None => "unknown",
        };
        if found != state {
            wrong.push(format!("{name}\t{found}"));
        }
    }
    assert!(wrong.is_empty(), "not as the table says:\n{}", wrong.join("\n"));
}

#[test]
fn a_name_above_one_of_several_lists_that_must_not_be_blocked_is_kept() {
    let rows = rows();
    let parents: Vec<String> = never_block()
        .into_iter()
        .filter(|parent| rows.iter().any(|(name, _)| is_beneath(name, parent)))
        .collect();
    assert!(parents.len() > 3, "{parents:?}");
    for (preset, title) in PRESETS {
        let rules = rules(preset, &[]);
        for parent in &parents {
            assert!(!rules.verdict(parent, None).is_block(), "{parent} under {title}");
        }
    }
}

#[test]
fn with_the_leads_every_such_name_blocks_and_what_must_not_be_blocked_is_kept() {
    let rules = rules_with_leads();
    let rows = rows();
    let (retired, blocked): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, state)| state == "retired");
    assert!(blocked.len() > retired.len() * 50, "{retired:?}");
    for (name, state) in blocked {
        assert!(rules.verdict(name, None).is_block(), "{name} ({state})");
    }
    for name in never_block() {
        assert!(!rules.verdict(&name, None).is_block(), "{name}");
    }
}
