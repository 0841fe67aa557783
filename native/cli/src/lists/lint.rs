//! `hushwall lists lint`: what is wrong with records, where, and how to mend it.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use curation::{Collection, Level, Report};

mod ask;
mod foreign;
mod live;

use super::import::As;
use super::{FOUND, files};
use crate::counted::counted;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files of records, or folders of them [default: blocklists]; or a list of another tool, in any syntax.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A JSON object a finding; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// What a name alone on its line of another tool's list stands for.
    #[arg(long = "as", value_name = "REACH", value_enum, default_value_t = As::Subdomains)]
    plain: As,
    /// Hold the records that are named against one another alone, and not against `blocklists/`, or what this program
    /// was built with.
    #[arg(long)]
    alone: bool,
    /// Errors only, no advice.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    live: live::Args,
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
    let is_records = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    let (sheets, lists): (Vec<PathBuf>, Vec<PathBuf>) =
        files::find(&args.paths)?.into_iter().partition(is_records);
    let collection = files::read_all(sheets)?;
    let others = match args.paths.is_empty() || args.alone && lists.is_empty() {
        true => Collection::default(),
        false => files::collect_or_builtin(&[])?,
    };
    let mut findings = match args.alone {
        true => curation::lint(&collection),
        false => curation::lint_beside(&collection, &others),
    };
    let (mut rules, files) = (collection.rules().count(), collection.sheets.len() + lists.len());
    for path in &lists {
        let list = foreign::lint(path, &files::read(path)?, args.plain.into(), &others)?;
        rules += list.rules;
        findings.extend(list.findings);
    }
    if args.live.is_wanted() {
        if let Some(list) = lists.first() {
            anyhow::bail!(
                "--live asks for names of records, and {} is a list of another tool",
                list.display()
            );
        }
        findings.extend(args.live.lint(&collection)?);
        findings.sort_by(|a, b| (&a.path, a.line, a.level, a.code).cmp(&(&b.path, b.line, b.level, b.code)));
    }
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
    writeln!(
        io::stderr(),
        "{} in {}: {}, {advice} of advice",
        counted(rules, "rule"),
        counted(files, "file"),
        counted(errors, "error")
    )?;
    Ok(ExitCode::from(if errors > 0 { FOUND } else { 0 }))
}
