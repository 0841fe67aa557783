//! `hushwall lists lint`: what is wrong with records, where, and how to mend it.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use curation::{Level, Report};

use super::{FOUND, files};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, or folders of files [default: blocklists].
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A JSON object a finding; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Errors only, no advice.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line each, as compilers write them.
    Text,
    /// A JSON object a line.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect(&args.paths)?;
    let mut findings = curation::lint(&collection);
    let errors = findings
        .iter()
        .filter(|found| found.level == Level::Error)
        .count();
    let advice = findings.len() - errors;
    if args.quiet {
        findings.retain(|found| found.level == Level::Error);
    }
    let report = match args.format {
        _ if args.json => Report::Json,
        Format::Text => Report::Text,
        Format::Json => Report::Json,
        Format::Sarif => Report::Sarif,
        Format::Github => Report::Github,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    curation::write_report(&mut out, report, &findings)?;
    out.flush()?;
    let (rules, sheets) = (collection.rules().count(), collection.sheets.len());
    writeln!(
        io::stderr(),
        "{rules} rules in {sheets} files: {errors} errors, {advice} of advice"
    )?;
    Ok(ExitCode::from(if errors > 0 { FOUND } else { 0 }))
}
