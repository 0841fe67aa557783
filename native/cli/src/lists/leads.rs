//! `hushwall lists leads`: the names without evidence, as a list to try.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::files;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "! Leads: names that are not in force, each with the evidence that is wanted. Names that must work stay allowed."
    )?;
    for lead in curation::leads(&collection) {
        writeln!(out, "{lead}")?;
    }
    Ok(ExitCode::SUCCESS)
}
