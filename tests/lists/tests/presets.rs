//! Presets contain one another, and the compiled rules say what the records say.

use std::collections::BTreeSet;

use blocklist::Because;
use curation::{Collection, Decision};
use lists::{PRESETS, never_block, records, rules};
use records::{Preset, Reach, Rule, Status};

/// Every name of the records, what is beneath it and what is above it.
fn names(collection: &Collection) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = never_block().into_iter().collect();
    for (_, rule) in collection.rules().filter(|(_, rule)| rule.network.is_none()) {
        names.insert(rule.pattern.clone());
        names.insert(format!("beneath.{}", rule.pattern));
        names.insert(format!("beside-{}", rule.pattern));
        let above = rule
            .pattern
            .match_indices('.')
            .filter_map(|(at, _)| rule.pattern.get(at + 1..));
        names.extend(above.map(str::to_owned));
    }
    names
}

#[test]
fn each_preset_contains_the_one_before() {
    let names = names(&records());
    let mut before = BTreeSet::new();
    for (preset, title) in PRESETS {
        let rules = rules(preset, &[]);
        let blocked: BTreeSet<&String> = names
            .iter()
            .filter(|name| rules.verdict(name, None).is_block())
            .collect();
        assert!(
            before.is_subset(&blocked),
            "{title} lets through what the preset before it blocks"
        );
        assert!(
            title == "none" || blocked.len() > before.len(),
            "{title} adds nothing"
        );
        before = blocked;
    }
}

#[test]
fn no_name_is_blocked_under_a_preset_that_its_own_record_keeps_it_out_of() {
    let collection = records();
    let mut taken = Vec::new();
    for (ours, theirs) in Preset::ALL.into_iter().zip(PRESETS.iter().skip(1)) {
        let rules = rules(theirs.0, &[]);
        for (_, rule) in collection
            .rules()
            .filter(|(_, rule)| rule.is_block() && rule.network.is_none() && rule.status != Status::Retired)
        {
            let is_out = rule.from().is_some_and(|from| ours < from);
            if is_out && rules.verdict(&rule.pattern, None).is_block() {
                taken.push(format!("{} ({}) under {}", rule.pattern, rule.id, theirs.1));
            }
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

#[test]
fn the_preset_none_blocks_nothing_at_all() {
    let rules = rules(blocklist::Preset::None, &[]);
    for name in names(&records()) {
        assert!(!rules.verdict(&name, None).is_block(), "{name}");
    }
}

#[test]
fn the_compiled_rules_say_what_the_records_say() {
    let collection = records();
    let shipped: Vec<&Rule> = collection.shipped().map(|(_, rule)| rule).collect();
    for (ours, theirs) in Preset::ALL.into_iter().zip(PRESETS.iter().skip(1)) {
        let rules = rules(theirs.0, &[]);
        for name in names(&collection) {
            let (decision, rule) = curation::decide(shipped.iter().copied(), &name, ours);
            let verdict = rules.verdict(&name, None);
            let (compiled, id) = match verdict.because {
                Because::Essential(id) => (Decision::Essential, Some(id)),
                Because::Feature(id) => (Decision::Feature, Some(id)),
                Because::List(id) => (Decision::Block, Some(id)),
                _ => (Decision::NoRule, None),
            };
            assert_eq!(compiled, decision, "{name} under {}", theirs.1);
            let id = id.and_then(|id| rules.rule(id)).map(|rule| rule.id);
            assert_eq!(id, rule.map(|rule| rule.id.as_str()), "{name} under {}", theirs.1);
        }
    }
}

#[test]
fn every_name_that_must_not_be_blocked_is_kept_and_every_block_beneath_it_blocks() {
    let collection = records();
    for (preset, title) in PRESETS {
        let rules = rules(preset, &[]);
        for name in never_block() {
            assert!(!rules.verdict(&name, None).is_block(), "{name} under {title}");
        }
    }
    let everything = rules(blocklist::Preset::Everything, &[]);
    let blocks: Vec<&Rule> = collection
        .shipped()
        .map(|(_, rule)| rule)
        .filter(|rule| rule.is_block() && rule.network.is_none())
        .collect();
    for rule in blocks {
        assert!(
            everything.verdict(&rule.pattern, None).is_block(),
            "{}",
            rule.pattern
        );
        let beneath = format!("beneath.{}", rule.pattern);
        let is_wide = rule.reach == Reach::Subdomains;
        assert!(
            !is_wide || everything.verdict(&beneath, None).is_block(),
            "{beneath}"
        );
    }
}
