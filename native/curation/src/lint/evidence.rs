//! What can be wrong with sources and dates.

use std::collections::BTreeSet;

use records::{File, Kind, Source};

use super::tables::{NOT_TO_COUNT, UNOPENABLE};
use super::{Finding, Sheet};

pub(super) fn check(sheet: &Sheet, file: &File, found: &mut Vec<Finding>) {
    let others = file.package.iter().flat_map(|package| &package.evidence);
    let others = others.chain(file.endpoint.iter().flat_map(|endpoint| &endpoint.evidence));
    let cited: BTreeSet<&str> = file.rule.iter().flat_map(records::Record::cited).collect();
    let cited = &cited | &others.map(|key| key.get_ref().as_str()).collect();
    for (key, source) in &file.source {
        let at = source.span().start;
        if let Some(mend) = unopenable(source.get_ref()) {
            found.push(Finding::error(
                sheet,
                at,
                "source",
                format!("source `{key}`: {mend}"),
            ));
        }
        let uncounted = Some(source.get_ref())
            .filter(|source| source.kind == Kind::Listed)
            .and_then(uncounted);
        if let Some(mend) = uncounted {
            found.push(Finding::error(
                sheet,
                at,
                "lineage",
                format!("source `{key}`: {mend}"),
            ));
        }
        if let Some(day) = source.get_ref().read.as_deref().filter(|day| !is_date(day, 3)) {
            let mend = format!("source `{key}`: `{day}` is no day; write `read = \"2026-11-21\"`");
            found.push(Finding::error(sheet, at, "date", mend));
        }
        if !cited.contains(key.as_str()) {
            let mend = format!("source `{key}` is cited by no record; cite it, or take it out");
            found.push(Finding::advice(sheet, at, "unused", mend));
        }
    }
    for record in &file.rule {
        let (first, last) = (record.first_seen.as_deref(), record.last_seen.as_deref());
        let bad = first.into_iter().chain(last).find(|month| !is_date(month, 2));
        let mend = match (bad, first, last) {
            (Some(month), ..) => format!("`{month}` is no month; write `2026-11`"),
            (None, Some(first), Some(last)) if last < first => {
                format!("it was last seen ({last}) before it was first seen ({first}); swap them")
            }
            _ => continue,
        };
        let mend = format!("rule `{}`: {mend}", record.id.get_ref());
        found.push(Finding::error(sheet, record.id.span().start, "date", mend));
    }
}

/// Why a reader cannot open a source.
fn unopenable(source: &Source) -> Option<String> {
    let rest = source.url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = rest.get(host.len()..).unwrap_or("");
    if host.is_empty() || !host.contains('.') || host.contains(['@', ':', ' ']) {
        return Some(format!(
            "`{}` is no public address; write one that any reader can open",
            source.url
        ));
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() || UNOPENABLE.contains(&host) {
        return Some(format!(
            "`{host}` shows a reader nothing to check; find the public repository and path, or leave the name a lead"
        ));
    }
    if source.kind == Kind::Code && path.trim_matches('/').is_empty() {
        return Some("code is cited with its repository and path; write the address of the file".into());
    }
    None
}

/// Why a list does not count as evidence.
fn uncounted(source: &Source) -> Option<String> {
    let url = source.url.to_ascii_lowercase();
    if source.lineage.is_none() {
        return Some(
            "a list says its `lineage`, so that lists that take each other in count once; add it".into(),
        );
    }
    let list = NOT_TO_COUNT.iter().find(|list| url.contains(*list))?;
    Some(format!(
        "{list} is not under MIT or CC BY: a place to look, never evidence; cite the public issue instead"
    ))
}

/// `2026-11-21`, or as many parts of it.
fn is_date(text: &str, parts: usize) -> bool {
    let numbers: Vec<&str> = text.split('-').collect();
    let in_range = |part: &str, from: u32, to: u32| part.parse().is_ok_and(|n: u32| (from..=to).contains(&n));
    numbers.len() == parts
        && text.len() == 4 + 3 * (parts - 1)
        && numbers.first().is_some_and(|year| in_range(year, 2010, 2100))
        && numbers.get(1).is_none_or(|month| in_range(month, 1, 12))
        && numbers.get(2).is_none_or(|day| in_range(day, 1, 31))
}
