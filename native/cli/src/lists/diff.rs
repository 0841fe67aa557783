//! `hushwall lists diff`: what a change of the records means for a phone.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;

use super::{files, sides};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Before: a file, a folder, or a git revision (REV, or REV:DIR); or a list of another tool.
    #[arg(value_name = "OLD")]
    old: String,
    /// After.
    #[arg(value_name = "NEW", default_value = files::FOLDER)]
    new: String,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// One JSON object; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// One JSON object.
    Json,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let diff = sides::compare(&args.old, &args.new, None)?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", diff.json())?,
        _ if args.json => writeln!(out, "{}", diff.json())?,
        Format::Text => write!(out, "{}", diff.text())?,
        Format::Markdown => write!(out, "{}", diff.markdown())?,
    }
    Ok(ExitCode::SUCCESS)
}
