//! `hushwall lists packages`: the vendor's packages, for the app's build and for scripts.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::files;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
    /// A JSON object a package.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let mut out = io::stdout().lock();
    for package in curation::packages(&collection) {
        match args.json {
            true => writeln!(out, "{}", package.json())?,
            false => writeln!(out, "{package}")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}
