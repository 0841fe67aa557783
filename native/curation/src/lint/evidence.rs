//! What can be wrong with sources and dates.

use std::collections::BTreeSet;

use records::{Breaks, File, Function, Kind, Record, Role, Source, Status, Word};
use trust::{Day, Version};

use super::forge::Shown;
use super::tables::{NOT_TO_COUNT, UNOPENABLE};
use super::{Finding, Level, Sheet};

/// Days by which a list may be older than what its records say was read.
const YEAR: u32 = 366;

pub(super) fn check(sheet: &Sheet, file: &File, found: &mut Vec<Finding>) {
    let others = file.package.iter().flat_map(|package| &package.evidence);
    let others = others.chain(file.endpoint.iter().flat_map(|endpoint| &endpoint.evidence));
    let cited: BTreeSet<&str> = file.rule.iter().flat_map(Record::cited).collect();
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
        if let Some(mend) = uncounted(source.get_ref()) {
            found.push(Finding::error(
                sheet,
                at,
                "lineage",
                format!("source `{key}`: {mend}"),
            ));
        }
        if let Some(month) = source.get_ref().seen.as_deref().filter(|month| !is_month(month)) {
            let mend = format!("source `{key}`: `{month}` is no month; write `2026-11`");
            found.push(Finding::error(sheet, at, "date", mend));
        }
        if let Some((level, mend)) = source.get_ref().read.as_deref().and_then(misread) {
            let mend = format!("source `{key}`: {mend}");
            found.push(Finding {
                level,
                ..Finding::error(sheet, at, "date", mend)
            });
        }
        for mend in unread(source.get_ref()) {
            let mend = format!("source `{key}`: {mend}");
            found.push(Finding::advice(sheet, at, "source", mend));
        }
        if !cited.contains(key.as_str()) {
            let mend = format!("source `{key}` is cited by no record; cite it, or take it out");
            found.push(Finding::advice(sheet, at, "unused", mend));
        }
    }
    for record in &file.rule {
        if is_unlooked(file, record) {
            let mend = format!(
                "rule `{}`: nobody is cited who looked for what breaks; cite a source with `tried = true`, or write `breaks = \"unknown\"`",
                record.id.get_ref()
            );
            found.push(Finding::error(sheet, record.id.span().start, "evidence", mend));
        }
        let (first, last) = (record.first_seen.as_deref(), record.last_seen.as_deref());
        let bad = first.into_iter().chain(last).find(|month| !is_month(month));
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

/// Whether a rule says that nothing breaks, and none of its sources looked.
fn is_unlooked(file: &File, record: &Record) -> bool {
    let says_none = matches!(record.breaks, Some(Breaks::Word(Word::None)));
    let is_canary = record.function(file) == Some(Function::Canary);
    let mut sources = record
        .evidence
        .iter()
        .filter_map(|key| file.source.get(key.get_ref()));
    file.role == Role::Block
        && record.status == Status::Shipped
        && says_none
        && !is_canary
        && !sources.any(|source| source.get_ref().tried)
}

/// What of a source nobody has read, or nobody can read again.
fn unread(source: &Source) -> Vec<&'static str> {
    let moves = source.kind == Kind::Code
        && Shown::of(&source.url).is_some_and(|shown| !shown.is_pinned && !shown.is_talk);
    [
        (
            source.read.is_none(),
            "nobody has read it; open it, and write the day as `read`",
        ),
        (source.says.is_none(), "say in your own words what it `says`"),
        (moves, "the file may change; cite it at one commit"),
    ]
    .into_iter()
    .filter_map(|(is_so, mend)| is_so.then_some(mend))
    .collect()
}

/// Why a reader cannot open a source.
fn unopenable(source: &Source) -> Option<String> {
    let rest = source.url.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    let host = host.strip_prefix("www.").unwrap_or(host);
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
    let path = path.trim_matches('/');
    let is_bare = path.bytes().all(|b| b.is_ascii_digit());
    if source.kind == Kind::Code && is_bare {
        return Some(
            "code is cited with its repository and path, not by a number; write the address of the file"
                .into(),
        );
    }
    None
}

/// Why a source does not count: a list without a family or that changes under us, or a file of a list that is no evidence.
fn uncounted(source: &Source) -> Option<String> {
    let shown = Shown::of(&source.url);
    let is_list = source.kind == Kind::Listed;
    if let Some(shown) = &shown
        && NOT_TO_COUNT.contains(&shown.repository.as_str())
        && (is_list || !shown.is_talk)
    {
        return Some(format!(
            "{} is not under MIT or CC BY: a place to look, never evidence; cite the public issue instead",
            shown.repository
        ));
    }
    if is_list && source.lineage.is_none() {
        return Some(
            "a list says its `lineage`, so that lists that take each other in count once; add it".into(),
        );
    }
    if is_list && shown.is_some_and(|shown| !shown.is_pinned) {
        return Some("nobody can check what a list held; cite its file at one commit".into());
    }
    None
}

/// What is wrong with the day on which a source was read. Days are counted from the version of the lists, as nothing here
/// asks a clock.
fn misread(day: &str) -> Option<(Level, String)> {
    let Some(read) = Day::parse(day) else {
        let mend = format!("`{day}` is no day; write `read = \"2026-11-21\"`");
        return Some((Level::Error, mend));
    };
    let version = include_str!("../../../../blocklists/VERSION").trim_end();
    let version = Version::parse(version).ok()?.built();
    let mend = format!("`{day}` is after the day of the lists; correct it, or raise `blocklists/VERSION`");
    if read > version.plus(YEAR) {
        Some((Level::Error, mend))
    } else if read > version {
        Some((Level::Advice, mend))
    } else {
        None
    }
}

/// `2026-11`.
fn is_month(text: &str) -> bool {
    Day::parse(&format!("{text}-01")).is_some()
}
