//! Compares verdicts on lists that others wrote with those of two independent engines, AdGuard's and Brave's, and names of
//! DNS messages with what dnspython and tshark read: `cargo run -p oracle -- [-v] [DIRECTORY]`. Needs the recorded verdicts, which are no part of this repository; without
//! them it says so and ends well.
//!
//! A file of verdicts begins with a line that names its list; then a name, the first engine's word and the second's a
//! line (B blocked, A allowed, - neither), and where the file has a fourth column, only lines that say `dev` count.

mod dns;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::{Preset, Rules, RulesBuilder};

/// Where the recorded verdicts are looked for, beside the repository: packed with the rest, or unpacked.
const DIRECTORIES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures/lists"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../captures/lists"),
];

/// Whose word counts.
#[derive(Debug, Clone, Copy)]
enum Judge {
    /// The rows on which both engines agree.
    Both,
    /// AdGuard's reading, in which a hosts file means exact names.
    AdGuard,
}

/// File of verdicts, file of the list beneath `urlfilter/testdata`, whose word counts.
const COMPARISONS: [(&str, &str, Judge); 2] = [
    ("oracle_sdn.tsv", "adguard_sdn_filter.txt", Judge::Both),
    ("oracle_hosts.tsv", "hosts", Judge::AdGuard),
];

fn main() -> anyhow::Result<ExitCode> {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with('-'));
    let verbose = flags.iter().any(|flag| flag == "-v");
    let looked: Vec<PathBuf> = match paths.first() {
        Some(path) => vec![path.into()],
        None => DIRECTORIES.into_iter().map(PathBuf::from).collect(),
    };
    let mut out = std::io::stdout().lock();
    let Some(directory) = looked.iter().find(|directory| directory.is_dir()) else {
        let looked: Vec<String> = looked.iter().map(|path| path.display().to_string()).collect();
        writeln!(
            out,
            "no recorded verdicts of other engines here ({}): nothing compared",
            looked.join(", ")
        )?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut missed = 0;
    for (verdicts, list, judge) in COMPARISONS {
        let rules = rules(&directory.join("urlfilter/testdata").join(list))?;
        let verdicts = directory.join(verdicts);
        let rows = fs::read_to_string(&verdicts).with_context(|| verdicts.display().to_string())?;
        let mut compared = 0;
        let mut different = 0;
        for (name, expected) in rows.lines().filter_map(|row| row_of(row, judge)) {
            compared += 1;
            let blocked = rules.verdict(name, None).is_block();
            if blocked != (expected == "B") {
                different += 1;
                if verbose {
                    writeln!(out, "{name}: expected {expected}")?;
                }
            }
        }
        writeln!(
            out,
            "{list}: {compared} names compared, {different} judged differently"
        )?;
        missed += different;
    }
    match directory.parent().map(|folder| folder.join("dns-fuzzing")) {
        Some(messages) if messages.is_dir() => missed += dns::compare(&messages, verbose, &mut out)?,
        _ => writeln!(
            out,
            "no recorded DNS messages beside it (dns-fuzzing): nothing compared"
        )?,
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

/// The list alone, without anything built in.
fn rules(list: &Path) -> anyhow::Result<Rules> {
    let bytes = fs::read(list).with_context(|| list.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let builder = RulesBuilder::new(Preset::None).without_builtin();
    Ok(builder.list(&list.display().to_string(), &text)?.build())
}

/// The name of a row, and what is expected of it.
fn row_of(row: &str, judge: Judge) -> Option<(&str, &str)> {
    let mut columns = row.trim_end_matches('\r').split('\t');
    let (name, adguard, brave) = (columns.next()?, columns.next()?, columns.next()?);
    let counts = columns
        .next()
        .is_none_or(|split| split.is_empty() || split == "dev");
    let agrees = matches!(judge, Judge::AdGuard) || adguard == brave;
    (counts && agrees && !name.starts_with('#')).then_some((name, adguard))
}
