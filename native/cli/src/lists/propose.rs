//! `hushwall lists propose`: draft records from captures and from the phone's two files.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::{Because, Preset, RulesBuilder};
use records::Rule;

use super::files;
use crate::counted::counted;

mod case;
mod draft;
mod phone;
mod read;

pub(super) use case::{Case, Cases};
pub(super) use draft::sentences;
pub(super) use read::read_all;

/// Exit code where a file could not be read at all.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// Draft records from captures, and from the phone's recordings and breakage files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures (pcap, pcapng), recordings and breakage files of the phone; also gzip.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The records, files or a folder; without it, those of `blocklists/`, else those that this program was built with.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// A list of others: names that it knows come after those that nobody has listed.
    #[arg(long = "list", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// Take names beneath this domain as the vendor's too. All others are left out, as they tell what you visit.
    #[arg(long, value_name = "DOMAIN")]
    also: Vec<String>,
    /// Name what was left out, on stderr: for your eyes only.
    #[arg(long)]
    show_left_out: bool,
}

/// Reads the files and writes the drafts to stdout.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let rules: Vec<Rule> = collection.rules().map(|(_, rule)| rule.clone()).collect();
    let mut others = RulesBuilder::new(Preset::None);
    for path in &args.lists {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        others = others.list(&path.to_string_lossy(), &String::from_utf8_lossy(&bytes))?;
    }
    let others = others.build();
    let roots = args
        .also
        .iter()
        .map(|domain| domain.trim_matches('.').to_ascii_lowercase());
    let mut cases = Cases::new(vendor_roots(&rules).chain(roots).collect());
    let unread = read_all(&args.files, &mut cases)?;
    if unread == args.files.len() {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let is_listed = |name: &str| matches!(others.verdict(name, None).because, Because::List(_));
    let drafts = draft::emit(&cases, &collection, is_listed);
    io::stdout().lock().write_all(drafts.as_bytes())?;
    tell_left_out(&cases, args.show_left_out)?;
    Ok(if unread > 0 {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        ExitCode::SUCCESS
    })
}

/// The vendor's own domains: the names of two labels that the records keep as essential.
fn vendor_roots(rules: &[Rule]) -> impl Iterator<Item = String> {
    let roots = rules
        .iter()
        .filter(|rule| matches!(rule.kept, records::Kept::Essential));
    let roots = roots.filter(|rule| rule.pattern.split('.').count() == 2 && rule.network.is_none());
    roots.map(|rule| rule.pattern.clone())
}

fn tell_left_out(cases: &Cases, names: bool) -> io::Result<()> {
    let left_out = &cases.left_out;
    let mut err = io::stderr().lock();
    if left_out.total() > 0 {
        writeln!(
            err,
            "left out: {} not of the vendor, {} that may tell of a person, {} unfit",
            counted(left_out.others.len(), "name"),
            left_out.personal.len(),
            left_out.unfit
        )?;
    }
    if names {
        for name in left_out.others.iter().chain(&left_out.personal) {
            writeln!(err, "  {}", crate::verdict::printable(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
