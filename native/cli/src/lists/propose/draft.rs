//! Draft records: leads, in the form of `blocklists/FORMAT.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use curation::{Collection, basic_string};
use records::{Rule, Status};

use super::case::{Case, Cases};
use super::phone::Retries;
use crate::counted::counted;

const HEAD: &str = "\
# Drafts by `hushwall lists propose`: leads, none of them in force. Move each to the file of its component, say what it
# sends, and cite what others can open: a recording that stays on your phone is where to look, not a source.
";

const FILE: &str = "\
schema = 1
title = \"Proposed\"
about = \"Names from recordings, to be moved to the files of their components.\"
role = \"block\"
";

/// The drafts of all names that no record knows, those that no list knows first; and, as comments, what was learned of
/// those that are known.
pub(super) fn emit(cases: &Cases, records: &Collection, is_listed: impl Fn(&str) -> bool) -> String {
    let mut new: Vec<(bool, &String, &Case)> = Vec::new();
    let mut known = String::new();
    for (name, case) in &cases.cases {
        // A retired name that is called again is news.
        let meeting = records
            .rules()
            .map(|(_, rule)| rule)
            .filter(|rule| rule.meets(name) && rule.status != Status::Retired);
        match meeting.max_by_key(|rule| rule.pattern.len()) {
            Some(rule) => write_known(&mut known, rule, name, case),
            None => new.push((is_listed(name), name, case)),
        }
    }
    new.sort_by_key(|(listed, name, _)| (*listed, *name));
    let mut out = String::from(HEAD);
    if !known.is_empty() {
        let _ = write!(out, "#\n# Known already, and seen:\n{known}");
    }
    out.push_str(FILE);
    let mut ids = BTreeSet::new();
    for (listed, name, case) in new {
        write_draft(&mut out, records, &mut ids, name, case, listed);
    }
    out
}

fn write_known(out: &mut String, rule: &Rule, name: &str, case: &Case) {
    let last = case
        .months
        .last()
        .map_or_else(String::new, |month| format!(", last {month}"));
    let _ = writeln!(out, "# {} ({}): {name}{last}", rule.id, rule.status.as_str());
    for breakage in &case.breakages {
        let _ = writeln!(out, "#   breakage: {breakage}");
    }
}

fn write_draft(
    out: &mut String,
    records: &Collection,
    ids: &mut BTreeSet<String>,
    name: &str,
    case: &Case,
    listed: bool,
) {
    let _ = write!(
        out,
        "\n[[rule]]\nid = {}\nname = {}\nmatch = \"exact\"\nfunction = \"usage\"\n\
         sends = \"Not known yet; the function is a guess.\"\nbreaks = \"unknown\"\nconfidence = \"low\"\n",
        basic_string(&id(name, ids)),
        basic_string(name)
    );
    if let Some(first) = case.months.first() {
        let _ = writeln!(out, "first_seen = {}", basic_string(first));
    }
    if let Some(last) = case.months.last() {
        let _ = writeln!(out, "last_seen = {}", basic_string(last));
    }
    let _ = write!(
        out,
        "note = {}\nstatus = \"lead\"\n",
        basic_string(&note(records, name, case, listed))
    );
}

/// What the next maintainer should know: what is wanted first, then what was seen.
fn note(records: &Collection, name: &str, case: &Case, listed: bool) -> String {
    let mut note = String::from("Wanted: a capture, code or a public report that says what it carries.");
    if listed {
        note.push_str(" Known to a list that was given.");
    }
    note.push_str(&sentences(case));
    if let Some((_, near)) = curation::nearest(records, name) {
        let _ = write!(note, " Nearest record: {}.", near.id);
    }
    note
}

/// What was seen of a name, each sentence behind a blank.
pub(in crate::lists) fn sentences(case: &Case) -> String {
    let mut out = String::new();
    let mut seen: Vec<String> = Vec::new();
    if !case.apps.is_empty() {
        seen.push(format!("by {}", join(case.apps.iter().map(String::as_str))));
    }
    if !case.systems.is_empty() {
        seen.push(format!("on {}", join(case.systems.iter().map(String::as_str))));
    }
    if !case.seen.is_empty() {
        seen.push(format!("as {}", join(case.seen.iter().map(|how| how.as_str()))));
    }
    seen.extend(case.count.map(|count| count.as_str().to_owned()));
    if !case.hours.is_empty() {
        seen.push(format!("in {} of the day", counted(case.hours.len(), "hour")));
    }
    if !seen.is_empty() {
        let _ = write!(out, " Seen {}.", seen.join(", "));
    }
    match case.retries {
        Retries::None | Retries::Few => {}
        Retries::Many => out.push_str(" Refused, it is asked again 5 to 19 times a minute."),
        Retries::Storm => {
            out.push_str(
                " Refused, it is asked again 20 times a minute or more: it may want a reply of its own.",
            );
        }
    }
    for breakage in &case.breakages {
        let _ = write!(out, " Reported broken: {breakage}.");
    }
    out
}

/// An id of the name's own labels, another one for each name.
fn id(name: &str, ids: &mut BTreeSet<String>) -> String {
    let base = curation::id_of(name);
    let mut id = base.clone();
    let mut number = 2;
    while !ids.insert(id.clone()) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    words.join(" and ")
}
