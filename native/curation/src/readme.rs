//! `blocklists/README.md`: what is in the lists, counted. Written by a command, checked by a test, never by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use records::{Function, Kept, Kind, Preset, Role, Rule, Status, Tunnel};

use crate::{Collection, Sheet};

/// Columns of a chart's longest bar.
const BAR: usize = 30;

const HEAD: &str = "<!-- Written by `hushwall lists readme`; do not edit. -->\n\
# What is in the lists\n\
\n\
Names by which Xiaomi's software reports what its owners do, each with what it sends, what breaks without it and where \
that is known from; and names that nobody may refuse by accident. `FORMAT.md` is the form of the files, `CONTRIBUTING.md` \
in the root is the way from a name to a merged record. Words and selection are CC0-1.0 (`LICENSE`); what other lists \
contributed is in `NOTICE`.\n";

/// The text of the file.
pub fn readme(collection: &Collection) -> String {
    let mut out = HEAD.to_owned();
    let shipped: Vec<(&Sheet, &Rule)> = collection.shipped().collect();
    let blocks: Vec<(&Sheet, &Rule)> = shipped
        .iter()
        .copied()
        .filter(|(_, rule)| rule.is_block())
        .collect();
    totals(&mut out, collection, &blocks, &shipped);
    presets(&mut out, &blocks);
    evidence(&mut out, &blocks);
    sightings(&mut out, &blocks);
    sources(&mut out, collection);
    functions(&mut out, &blocks);
    components(&mut out, collection);
    leads(&mut out, collection);
    out
}

fn totals(
    out: &mut String,
    collection: &Collection,
    blocks: &[(&Sheet, &Rule)],
    shipped: &[(&Sheet, &Rule)],
) {
    let kept =
        |test: fn(&Rule) -> bool| distinct(shipped.iter().map(|(_, rule)| *rule).filter(|rule| test(rule)));
    let of_status = |status| {
        let rules = collection.rules().map(|(_, rule)| rule);
        distinct(rules.filter(|rule| rule.status == status))
    };
    let files = || {
        collection
            .sheets
            .iter()
            .filter_map(|sheet| sheet.file.as_ref().ok())
    };
    let packages = |test: fn(Tunnel) -> bool| {
        let packages = files().flat_map(|file| &file.package);
        packages.filter(|package| test(package.tunnel)).count()
    };
    let rows = [
        ("block rules shipped", blocks.len()),
        (
            "essential names: no list blocks them",
            kept(|rule| rule.kept == Kept::Essential && rule.network.is_none()),
        ),
        (
            "feature names: free while you use the feature",
            kept(|rule| matches!(rule.kept, Kept::Feature(..)) && rule.network.is_none()),
        ),
        (
            "addresses built into software, kept free in the same way",
            kept(|rule| !rule.is_block() && rule.network.is_some()),
        ),
        (
            "leads: names and addresses that lack evidence",
            of_status(Status::Lead),
        ),
        ("tombstones: names that were retired", of_status(Status::Retired)),
        (
            "resolvers past the resolver: where answers are read",
            files()
                .flat_map(|file| &file.endpoint)
                .filter(|at| at.status == Status::Shipped)
                .count(),
        ),
        (
            "packages whose connections are looked at, unless you say otherwise",
            packages(|tunnel| tunnel == Tunnel::On),
        ),
        (
            "packages that stay outside, or are only looked up",
            packages(|tunnel| tunnel != Tunnel::On),
        ),
    ];
    out.push_str("\n| | |\n|---|---:|\n");
    for (what, count) in rows {
        let _ = writeln!(out, "| {what} | {count} |");
    }
}

/// How many names and addresses; an address with several ports is one.
fn distinct<'a>(rules: impl Iterator<Item = &'a Rule>) -> usize {
    rules.map(|rule| rule.id.as_str()).collect::<BTreeSet<_>>().len()
}

fn presets(out: &mut String, blocks: &[(&Sheet, &Rule)]) {
    out.push_str("\n## Block rules in force, by preset\n\n");
    let rows = Preset::ALL.map(|preset| {
        let in_force = blocks
            .iter()
            .filter(|(_, rule)| rule.from().is_some_and(|from| preset >= from));
        (preset.as_str().to_owned(), in_force.count())
    });
    chart(out, &rows);
}

fn evidence(out: &mut String, blocks: &[(&Sheet, &Rule)]) {
    out.push_str("\n## Block rules by their best evidence\n\n");
    let mut counts: BTreeMap<Option<Kind>, usize> = BTreeMap::new();
    for (sheet, rule) in blocks {
        let kinds = sheet
            .record(rule)
            .map(|(file, record)| record.evidence_kinds(file));
        // The kinds are declared from the best to the weakest.
        *counts
            .entry(kinds.and_then(|kinds| kinds.first().copied()))
            .or_default() += 1;
    }
    let mut rows: Vec<(String, usize)> = [Kind::Capture, Kind::Code, Kind::Paper, Kind::Report, Kind::Listed]
        .into_iter()
        .map(|kind| {
            (
                kind.as_str().to_owned(),
                counts.get(&Some(kind)).copied().unwrap_or(0),
            )
        })
        .collect();
    // The canary proves itself.
    rows.extend(counts.get(&None).map(|count| ("none".to_owned(), *count)));
    chart(out, &rows);
    out.push_str(
        "\n`listed`: at least two lists of different lineage hold the name, and nothing better is known. `none`: the canary, by \
         which a phone shows that its list is at work, wants no evidence.\n",
    );
}

fn sightings(out: &mut String, blocks: &[(&Sheet, &Rule)]) {
    out.push_str("\n## Block rules by the year in which they were last seen\n\n");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut undated = 0;
    for (sheet, rule) in blocks {
        let last = sheet
            .record(rule)
            .and_then(|(file, record)| record.sightings(file).1);
        match last.and_then(|month| month.get(..4)) {
            Some(year) => *counts.entry(year).or_default() += 1,
            None => undated += 1,
        }
    }
    let years = counts.into_iter().rev();
    let mut rows: Vec<(String, usize)> = years.map(|(year, count)| (year.to_owned(), count)).collect();
    rows.push(("no date".to_owned(), undated));
    chart(out, &rows);
    out.push_str("\nThe year of the newest source that saw the name, lists apart. Code often does not say when it was built.\n");
}

/// How many of the sources one of us has opened. A source that several files cite is counted once.
fn sources(out: &mut String, collection: &Collection) {
    let files = collection
        .sheets
        .iter()
        .filter_map(|sheet| sheet.file.as_ref().ok());
    let mut known: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for source in files.flat_map(|file| file.source.values()) {
        let source = source.get_ref();
        let (is_read, is_told) = known.entry(&source.url).or_default();
        *is_read |= source.read.is_some();
        *is_told |= source.says.is_some();
    }
    let of = |test: fn(&(bool, bool)) -> bool| known.values().filter(|at| test(at)).count();
    let rows = [
        ("sources that the records cite", known.len()),
        ("cited, and never opened by one of us", of(|at| !at.0)),
        ("cited, and not told in our own words", of(|at| !at.1)),
    ];
    out.push_str("\n## Sources\n\n| | |\n|---|---:|\n");
    for (what, count) in rows {
        let _ = writeln!(out, "| {what} | {count} |");
    }
}

fn functions(out: &mut String, blocks: &[(&Sheet, &Rule)]) {
    out.push_str("\n## Block rules by what they carry\n\n");
    let mut counts: BTreeMap<Function, usize> = BTreeMap::new();
    for (sheet, rule) in blocks {
        if let Some(function) = sheet
            .record(rule)
            .and_then(|(file, record)| record.function(file))
        {
            *counts.entry(function).or_default() += 1;
        }
    }
    let rows: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(function, count)| (function.as_str().to_owned(), count))
        .collect();
    chart(out, &rows);
}

fn components(out: &mut String, collection: &Collection) {
    out.push_str(
        "\n## Files\n\n| file | component | shipped | leads | retired |\n|---|---|---:|---:|---:|\n",
    );
    for sheet in &collection.sheets {
        let Ok(file) = &sheet.file else { continue };
        if file.role == Role::Package {
            let (title, stem) = (&file.title, &sheet.stem);
            let _ = writeln!(out, "| [`{stem}.toml`]({stem}.toml) | {title} | | | |");
            continue;
        }
        let of = |status| distinct(sheet.rules.iter().filter(|rule| rule.status == status));
        let _ = writeln!(
            out,
            "| [`{stem}.toml`]({stem}.toml) | {} | {} | {} | {} |",
            file.title.replace('|', "\\|"),
            of(Status::Shipped),
            of(Status::Lead),
            of(Status::Retired),
            stem = sheet.stem,
        );
    }
}

fn leads(out: &mut String, collection: &Collection) {
    out.push_str("\n## Leads, and what they need\n\n");
    let mut is_empty = true;
    for sheet in &collection.sheets {
        let mut leads: Vec<&Rule> = sheet
            .rules
            .iter()
            .filter(|rule| rule.status == Status::Lead)
            .collect();
        leads.dedup_by_key(|rule| &rule.id);
        for rule in leads {
            is_empty = false;
            let note = sheet
                .record(rule)
                .and_then(|(_, record)| record.note.as_deref())
                .unwrap_or("");
            let role = match sheet.file.as_ref().map(|file| file.role) {
                Ok(Role::Essential | Role::Feature) => " (to be kept free)",
                _ => "",
            };
            let _ = writeln!(out, "- `{}`{role}: {note}", rule.pattern);
        }
    }
    if is_empty {
        out.push_str("There are none.\n");
    }
}

/// A bar chart that reads well as text.
fn chart(out: &mut String, rows: &[(String, usize)]) {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let widest = rows.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
    out.push_str("```text\n");
    for (word, count) in rows {
        let filled = (count * BAR).div_ceil(most);
        let row = format!("{word:<widest$}  {count:>4}  {}", "#".repeat(filled));
        let _ = writeln!(out, "{}", row.trim_end());
    }
    out.push_str("```\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_records() {
        let collection = crate::builtin();
        let text = readme(&collection);
        let blocks = collection.shipped().filter(|(_, rule)| rule.is_block()).count();
        assert!(
            text.contains(&format!("| block rules shipped | {blocks} |")),
            "{text}"
        );
        assert!(text.contains("\n2020 ") && text.contains("\nno date"), "{text}");
        assert!(text.contains("| [`onetrack.toml`](onetrack.toml) | OneTrack, MIUI Analytics |"));
        let leads: BTreeSet<_> = collection
            .rules()
            .filter(|(_, rule)| rule.status == Status::Lead)
            .map(|(_, rule)| &rule.id)
            .collect();
        assert_eq!(
            text.lines().filter(|line| line.starts_with("- `")).count(),
            leads.len()
        );
    }

    #[test]
    fn the_chart_of_evidence_adds_up_to_all_that_is_shipped() {
        let collection = crate::builtin();
        let text = readme(&collection);
        let (_, chart) = text.split_once("by their best evidence\n\n```text\n").unwrap();
        let (chart, _) = chart.split_once("```").unwrap();
        let count = |row: &str| row.split_whitespace().nth(1)?.parse::<usize>().ok();
        let sum: usize = chart.lines().filter_map(count).sum();
        let blocks = collection.shipped().filter(|(_, rule)| rule.is_block()).count();
        assert_eq!(sum, blocks, "{chart}");
    }

    #[test]
    fn an_address_counts_once_whatever_its_ports() {
        let text = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"feature\"\n[feature.f]\nwhat = \"I use it.\"\n\
                    [[rule]]\nid = \"a\"\naddress = \"192.0.2.1\"\nports = [80, 443]\nfeature = \"f\"\nwhy = \"W.\"\nSTATUS\n\
                    [[rule]]\nid = \"n\"\nname = \"n.xiaomi.com\"\nmatch = \"exact\"\nfeature = \"f\"\nwhy = \"W.\"\nnote = \"N.\"\nstatus = \"shipped\"\n";
        let written = |status: &str| {
            let text = text.replace("STATUS", &format!("note = \"N.\"\nstatus = \"{status}\""));
            readme(&Collection::new([("blocklists/x.toml".to_owned(), text)]))
        };
        let shipped = written("shipped");
        for row in [
            "| feature names: free while you use the feature | 1 |",
            "| addresses built into software, kept free in the same way | 1 |",
            "| [`x.toml`](x.toml) | T | 2 | 0 | 0 |",
        ] {
            assert!(shipped.contains(row), "{row}\n{shipped}");
        }
        let lead = written("lead");
        assert_eq!(lead.matches("- `192.0.2.1`").count(), 1, "{lead}");
    }
}
