//! `hushwall lists lint`: what is wrong with records, where, and how to mend it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use blocklist::{Event, Plain, Syntax, Target, Tone};
use clap::ValueEnum;
use curation::{Entry, Finding, Level, Report};

use super::{FOUND, files};

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
    let is_records = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    let (sheets, lists): (Vec<PathBuf>, Vec<PathBuf>) =
        files::find(&args.paths)?.into_iter().partition(is_records);
    let collection = files::read_all(sheets)?;
    let mut findings = curation::lint(&collection);
    let (mut rules, files) = (collection.rules().count(), collection.sheets.len() + lists.len());
    for path in &lists {
        let (entries, bad) = entries(path, &files::read(path)?);
        rules += entries.len();
        findings.extend(bad);
        findings.extend(curation::lint_names(
            &path.to_string_lossy(),
            &entries,
            &curation::builtin(),
        ));
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
        "{rules} rules in {files} files: {errors} errors, {advice} of advice"
    )?;
    Ok(ExitCode::from(if errors > 0 { FOUND } else { 0 }))
}

/// The names that a list blocks, and the lines that nobody can read.
fn entries(path: &Path, text: &str) -> (Vec<Entry>, Vec<Finding>) {
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    Syntax::detect(text).read(text, Plain::Exact, &mut |line, event| match event {
        Event::Rule(pattern) => {
            let Target::Name(name, reach) = pattern.target else {
                return;
            };
            if matches!(pattern.tone, Tone::Block | Tone::Important) {
                let reach = match reach {
                    blocklist::Reach::Exact => records::Reach::Exact,
                    _ => records::Reach::Subdomains,
                };
                let name = name.to_ascii_lowercase();
                entries.push(Entry { line, name, reach });
            }
        }
        Event::Bad(mend) => bad.push(Finding {
            path: path.to_string_lossy().into_owned(),
            line,
            level: Level::Error,
            code: "syntax",
            mend,
        }),
        Event::Skipped(..) => {}
    });
    (entries, bad)
}
