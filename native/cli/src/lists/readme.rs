//! `hushwall lists readme`: `blocklists/README.md`, counted from the records.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::{FOUND, files};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the records, where the file stands, too.
    #[arg(value_name = "DIR", default_value = files::FOLDER)]
    folder: PathBuf,
    /// Change nothing; exit 1 if the file is not as it would be written.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let text = curation::readme(&files::collect(std::slice::from_ref(&args.folder))?);
    let path = args.folder.join("README.md");
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(io::stdout().lock(), "{}", path.display())?;
    if args.check {
        writeln!(
            io::stderr(),
            "{} is not up to date; run `hushwall lists readme`",
            path.display()
        )?;
        return Ok(ExitCode::from(FOUND));
    }
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
