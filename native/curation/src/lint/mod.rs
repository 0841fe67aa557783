//! What is wrong with records, with file, line and mend.

mod addresses;
mod between;
mod evidence;
mod forge;
mod names;
mod packages;
mod plain;
mod report;
mod tables;

pub(crate) use names::vendor_root;
pub use plain::{Entry, Extent, lint_names, swallows};
pub use report::{Report, visible, write_report};

use std::collections::BTreeSet;
use std::net::IpAddr;

use records::{File, Function, Problem, Reach, Status};

use crate::collection::stem_of;
use crate::{Collection, FmtError, Sheet, fmt};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It keeps a change from being merged.
    Error,
    /// Good to know.
    Advice,
}

/// One thing that is wrong, or good to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was given.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// How bad.
    pub level: Level,
    /// A stable word for the kind.
    pub code: &'static str,
    /// One sentence that ends in what to do.
    pub mend: String,
}

/// Everything that is wrong with the records, by file and line.
pub fn lint(collection: &Collection) -> Vec<Finding> {
    let mut found = Vec::new();
    for sheet in &collection.sheets {
        match &sheet.file {
            Ok(file) => {
                let problems = file.problems().into_iter();
                found.extend(problems.map(|problem| of_problem(sheet, &problem)));
                file_of_records(sheet, file, &mut found);
                endpoints(sheet, file, &mut found);
                evidence::check(sheet, file, &mut found);
            }
            Err(problem) => found.push(of_problem(sheet, problem)),
        }
    }
    between::check(collection, &mut found);
    packages::check(collection, &mut found);
    found.sort_by(|a, b| (&a.path, a.line, a.level, a.code).cmp(&(&b.path, b.line, b.level, b.code)));
    found.dedup();
    found
}

/// Everything that is wrong with some records beside others, such as a changed file beside those that lie there: what is
/// wrong in the files that are given, and what is wrong in the others because of them. Of a file that both have, the
/// given one counts.
pub fn lint_beside(given: &Collection, others: &Collection) -> Vec<Finding> {
    let stems: BTreeSet<&str> = given.sheets.iter().map(|sheet| sheet.stem.as_str()).collect();
    let paths: BTreeSet<&str> = given.sheets.iter().map(|sheet| sheet.path.as_str()).collect();
    let texts = |collection: &Collection| -> Vec<(String, String)> {
        let sheets = collection.sheets.iter();
        sheets
            .map(|sheet| (sheet.path.clone(), sheet.text.clone()))
            .collect()
    };
    let mut files: Vec<(String, String)> = texts(others);
    files.retain(|(path, _)| !stems.contains(stem_of(path)));
    let before = lint(&Collection::new(files.clone()));
    files.extend(texts(given));
    let mut found = lint(&Collection::new(files));
    found.retain(|found| paths.contains(found.path.as_str()) || !before.contains(found));
    found
}

impl Finding {
    fn error(sheet: &Sheet, at: usize, code: &'static str, mend: String) -> Self {
        Self {
            path: sheet.path.clone(),
            line: sheet.line(at),
            level: Level::Error,
            code,
            mend,
        }
    }

    fn advice(sheet: &Sheet, at: usize, code: &'static str, mend: String) -> Self {
        Self {
            level: Level::Advice,
            ..Self::error(sheet, at, code, mend)
        }
    }
}

fn of_problem(sheet: &Sheet, problem: &Problem) -> Finding {
    Finding::error(sheet, problem.at.start, problem.code, problem.sentence())
}

fn file_of_records(sheet: &Sheet, file: &File, found: &mut Vec<Finding>) {
    match fmt(&sheet.text) {
        Ok(text) if text != sheet.text => {
            let (mut lines, mut sorted) = (sheet.text.lines(), text.lines());
            let same = std::iter::from_fn(|| Some((lines.next()?, sorted.next()?)))
                .take_while(|(a, b)| a == b)
                .count();
            found.push(Finding {
                line: same + 1,
                ..Finding::error(
                    sheet,
                    0,
                    "unsorted",
                    "the file is not in its one order and form; run `hushwall lists fmt`".into(),
                )
            });
        }
        Err(FmtError::Comment) => found.push(Finding::error(
            sheet,
            0,
            "unsorted",
            "a comment stands where no order can keep it; give it a line of its own above a key".into(),
        )),
        _ => {}
    }
    if let Some(at) = question(&sheet.text) {
        let mend = "a question of the draft is left (`#?`); answer it, and take these lines out".into();
        found.push(Finding::error(sheet, at, "draft", mend));
    }
    for (name, feature) in &file.feature {
        if !feature.what.starts_with("I use") {
            let mend = format!("feature `{name}`: its sentence begins with \"I use\"; rewrite it so");
            found.push(Finding::error(
                sheet,
                find(sheet, &format!("[feature.{name}]")),
                "form",
                mend,
            ));
        }
    }
    for rule in &sheet.rules {
        let Some((file, record)) = sheet.record(rule) else {
            continue;
        };
        // A tombstone may be about a slip, and the canary is a name that exists nowhere.
        let is_exempt = record.status == Status::Retired || record.function(file) == Some(Function::Canary);
        if is_exempt {
            continue;
        }
        let slips = match rule.network {
            Some((address, length, _)) => addresses::check(&rule.pattern, (address, length), rule.is_block()),
            None => names::check(&rule.pattern, rule.reach == Reach::Subdomains, rule.is_block()),
        };
        for (code, mend) in slips {
            let mend = format!("rule `{}`: {mend}", record.id.get_ref());
            found.push(Finding::error(sheet, rule.at.start, code, mend));
        }
    }
}

/// Endpoints stand at public places; a resolver that everybody uses may be one.
fn endpoints(sheet: &Sheet, file: &File, found: &mut Vec<Finding>) {
    for endpoint in &file.endpoint {
        for address in &endpoint.addresses {
            let Ok(parsed) = address.get_ref().parse::<IpAddr>() else {
                continue;
            };
            let whole = if parsed.is_ipv4() { 32 } else { 128 };
            for (code, mend) in addresses::check(address.get_ref(), (parsed, whole), false) {
                let mend = format!("endpoint `{}`: {mend}", endpoint.id.get_ref());
                found.push(Finding::error(sheet, address.span().start, code, mend));
            }
        }
    }
}

/// Where the first line that is a draft's question stands; an address may hold the same two letters.
fn question(text: &str) -> Option<usize> {
    let mut lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    lines
        .find(|(_, line)| line.trim_start().starts_with("#?"))
        .map(|(start, _)| start)
}

/// Where a piece of text stands first.
fn find(sheet: &Sheet, piece: &str) -> usize {
    sheet.text.find(piece).unwrap_or(0)
}

#[cfg(test)]
mod tests;
