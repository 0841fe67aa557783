//! What can be wrong between rules, of one file or of several.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use records::{Kept, Reach, Rule, Status};

use super::Finding;
use crate::{Collection, Sheet};

type Placed<'a> = (&'a Sheet, &'a Rule);

pub(super) fn check(collection: &Collection, found: &mut Vec<Finding>) {
    ids(collection, found);
    full_ids(collection, found);
    let rules: Vec<Placed<'_>> = collection.rules().collect();
    addresses(&rules, found);
    let parents: BTreeMap<&str, Placed<'_>> = rules
        .iter()
        .filter(|(_, rule)| {
            rule.reach == Reach::Subdomains && rule.status != Status::Retired && rule.network.is_none()
        })
        .map(|&(sheet, rule)| (rule.pattern.as_str(), (sheet, rule)))
        .collect();
    let mut first: BTreeMap<(&str, Option<Network>), Placed<'_>> = BTreeMap::new();
    for &(sheet, rule) in &rules {
        // One address has many spellings, `::1` and `0::1/128`.
        let name = if rule.network.is_none() { &rule.pattern } else { "" };
        let key = (name, rule.network.map(of_prefix));
        match first.get(&key) {
            Some(&other) => found.push(twice((sheet, rule), other)),
            None => {
                first.insert(key, (sheet, rule));
            }
        }
        if rule.network.is_none() && rule.status != Status::Retired {
            for parent in above(&rule.pattern).filter_map(|name| parents.get(name)) {
                found.extend(beneath((sheet, rule), *parent));
            }
        }
    }
}

/// An address, the length of its prefix, and a port; port 0 is any.
type Network = (IpAddr, u8, u16);

/// Blocked addresses that other rules keep free, and addresses within a network that has the same said of it.
fn addresses(rules: &[Placed<'_>], found: &mut Vec<Finding>) {
    let in_force = |rule: &Rule| rule.status == Status::Shipped;
    let on_addresses = || {
        let rules = rules.iter().filter(move |(_, rule)| in_force(rule));
        rules.filter_map(|&(sheet, rule)| Some((sheet, rule, rule.network?)))
    };
    for (sheet, rule, network) in on_addresses().filter(|(_, rule, _)| rule.is_block()) {
        let kept = on_addresses().find(|(_, kept, free)| !kept.is_block() && overlap(network, *free));
        if let Some((_, kept, _)) = kept {
            let mend = format!(
                "`{}` ({}) overlaps `{}`, which `{}` keeps free; name the addresses and ports that are meant",
                rule.pattern, rule.id, kept.pattern, kept.id
            );
            found.push(Finding::error(sheet, rule.at.start, "swallows", mend));
        }
    }
    for (sheet, rule, network) in on_addresses() {
        let wider = on_addresses().filter(|(.., wider)| is_within(network, *wider));
        let mut met =
            wider.filter_map(|(wider_sheet, wider, _)| redundant((sheet, rule), (wider_sheet, wider)));
        found.extend(met.next());
    }
}

/// Whether two networks have an address and a port in common.
fn overlap(a: Network, b: Network) -> bool {
    let shared = a.1.min(b.1);
    of_prefix((a.0, shared, 0)) == of_prefix((b.0, shared, 0)) && (a.2 == b.2 || a.2 == 0 || b.2 == 0)
}

/// Whether a network is a part of a wider one.
fn is_within(part: Network, wider: Network) -> bool {
    let is_wider = wider.1 < part.1 || wider.1 == part.1 && wider.2 == 0 && part.2 != 0;
    is_wider
        && of_prefix((part.0, wider.1, 0)) == of_prefix((wider.0, wider.1, 0))
        && [0, part.2].contains(&wider.2)
}

/// A network without the bits behind its prefix.
fn of_prefix((address, length, port): Network) -> Network {
    let address = match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(u32::from(32 - length.min(32))).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX
                .checked_shl(u32::from(128 - length.min(128)))
                .unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    };
    (address, length, port)
}

fn ids(collection: &Collection, found: &mut Vec<Finding>) {
    for sheet in &collection.sheets {
        let mut ids = BTreeMap::new();
        for record in sheet.file.iter().flat_map(|file| &file.rule) {
            let (id, at) = (record.id.get_ref(), record.id.span().start);
            let is_word = !id.is_empty()
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_word {
                let mend = format!("`{id}` is no id; write small letters, digits and hyphens");
                found.push(Finding::error(sheet, at, "id", mend));
            }
            if let Some(line) = ids.insert(id, sheet.line(at)) {
                let mend = format!("line {line} has the id `{id}` as well; give this one another");
                found.push(Finding::error(sheet, at, "id", mend));
            }
        }
    }
}

/// Ids that two rules have, or a rule and an endpoint, though their records have not: `a-b`, and the sibling `b` of `a`.
fn full_ids(collection: &Collection, found: &mut Vec<Finding>) {
    for sheet in &collection.sheets {
        let Ok(file) = &sheet.file else { continue };
        let stem = &sheet.stem;
        // Of each full id the record that has it first: the rules of one record on several ports share theirs.
        let mut first: BTreeMap<String, (Option<&str>, usize)> = BTreeMap::new();
        for endpoint in &file.endpoint {
            let (id, at) = (endpoint.id.get_ref(), endpoint.id.span().start);
            first.insert(format!("{stem}/{id}"), (None, at));
        }
        for rule in &sheet.rules {
            let Some((_, record)) = sheet.record(rule) else {
                continue;
            };
            let (own, at) = (record.id.get_ref().as_str(), record.id.span().start);
            match first.get(&rule.id) {
                // Two records of one id are found by it, and told once.
                Some(&(Some(other), _)) if other == own => {}
                Some(&(_, before)) => {
                    let (early, late) = (before.min(at), before.max(at));
                    let line = sheet.line(early);
                    let mend = format!(
                        "the record of line {line} has the full id `{}` as well; give this one another",
                        rule.id
                    );
                    found.push(Finding::error(sheet, late, "id", mend));
                }
                None => {
                    first.insert(rule.id.clone(), (Some(own), at));
                }
            }
        }
    }
}

/// The names above a name.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..))
}

fn twice((sheet, rule): Placed<'_>, (other_sheet, other): Placed<'_>) -> Finding {
    let (back, tomb) = match (rule.status, other.status) {
        (Status::Retired, Status::Retired) => (None, None),
        (Status::Retired, _) => (Some((other_sheet, other)), Some(rule)),
        (_, Status::Retired) => (Some((sheet, rule)), Some(other)),
        _ => (None, None),
    };
    if let (Some((sheet, rule)), Some(tomb)) = (back, tomb) {
        let mend = format!(
            "`{}` was retired (`{}`); read its note, and bring it back only by changing that record",
            rule.pattern, tomb.id
        );
        return Finding::error(sheet, rule.at.start, "retired", mend);
    }
    let mend = format!(
        "`{}` is already in {}:{} (`{}`); keep one",
        rule.pattern,
        other_sheet.path,
        other_sheet.line(other.at.start),
        other.id
    );
    Finding::error(sheet, rule.at.start, "duplicate", mend)
}

/// What is wrong with a rule beneath another.
fn beneath((sheet, rule): Placed<'_>, (parent_sheet, parent): Placed<'_>) -> Option<Finding> {
    let is_lead = rule.status == Status::Lead || parent.status == Status::Lead;
    if parent.swallows(rule) {
        let (tier, word) = match (&rule.kept, &parent.kept) {
            (Kept::Essential, _) => ("essential", "block"),
            (Kept::Feature(..), _) => ("feature", "block"),
            (Kept::Block(_), Kept::Essential) => ("block", "essential"),
            (Kept::Block(_), _) => ("block", "feature"),
        };
        let mend = format!(
            "the {word} rule `{}` ({}) would swallow the {tier} name `{}` (`{}`); write exact names, or the siblings one by one",
            parent.pattern, parent.id, rule.pattern, rule.id
        );
        // A lead swallows nothing yet: whoever ships it has to know.
        return Some(match is_lead {
            true => Finding::advice(parent_sheet, parent.at.start, "swallows", mend),
            false => Finding::error(parent_sheet, parent.at.start, "swallows", mend),
        });
    }
    milder((sheet, rule), (parent_sheet, parent)).or_else(|| redundant((sheet, rule), (parent_sheet, parent)))
}

/// A block that takes what is beneath it along under a preset that the record there keeps it out of.
fn milder((_, rule): Placed<'_>, (parent_sheet, parent): Placed<'_>) -> Option<Finding> {
    let (Kept::Block(from), Kept::Block(parent_from)) = (&rule.kept, &parent.kept) else {
        return None;
    };
    if parent.status != Status::Shipped || parent_from >= from {
        return None;
    }
    let mend = format!(
        "`{}` ({}) blocks from {} on, and takes `{}` (`{}`), by its own record from {} on, along; write exact names, or say \
         what it `breaks` for all beneath it",
        parent.pattern,
        parent.id,
        parent_from.as_str(),
        rule.pattern,
        rule.id,
        from.as_str()
    );
    // Of a lead nothing is promised: it wants evidence.
    Some(match rule.status {
        Status::Lead => Finding::advice(parent_sheet, parent.at.start, "swallows", mend),
        _ => Finding::error(parent_sheet, parent.at.start, "swallows", mend),
    })
}

/// A rule that another says already.
fn redundant((sheet, rule): Placed<'_>, (parent_sheet, parent): Placed<'_>) -> Option<Finding> {
    let adds_nothing = parent.status == Status::Shipped
        && rule.reply == parent.reply
        && match (&rule.kept, &parent.kept) {
            // Under a preset that leaves its parent out, a rule is on its own.
            (Kept::Block(rule), Kept::Block(parent)) => rule >= parent,
            (rule, parent) => rule == parent,
        };
    if !adds_nothing {
        return None;
    }
    let met = format!(
        "`{}` is met by `{}` ({}) already",
        rule.pattern, parent.pattern, parent.id
    );
    let has_own_evidence = !urls(sheet, rule).is_subset(&urls(parent_sheet, parent));
    // Hosts files and readers still profit from a name with evidence of its own.
    let is_kept = has_own_evidence || rule.status == Status::Lead;
    Some(if is_kept {
        let mend = format!("{met}; kept for its own evidence");
        Finding::advice(sheet, rule.at.start, "redundant", mend)
    } else {
        let mend = format!("{met}, with the same evidence; take it out");
        Finding::error(sheet, rule.at.start, "redundant", mend)
    })
}

/// The addresses of a rule's evidence.
fn urls<'a>(sheet: &'a Sheet, rule: &Rule) -> BTreeSet<&'a str> {
    let Some((file, record)) = sheet.record(rule) else {
        return BTreeSet::new();
    };
    let cited = record
        .evidence
        .iter()
        .filter_map(|key| file.source.get(key.get_ref()));
    cited.map(|source| source.get_ref().url.as_str()).collect()
}
