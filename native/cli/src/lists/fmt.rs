//! `hushwall lists fmt`: records in the one order and form.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use curation::FmtError;

use super::{FOUND, files};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, or folders of files [default: blocklists].
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that are not in order, and exit 1.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (mut out, mut found) = (io::stdout().lock(), false);
    for path in files::find(&args.paths)? {
        let text = files::read(&path)?;
        match curation::fmt(&text) {
            Ok(sorted) if sorted == text => continue,
            Ok(sorted) => {
                if !args.check {
                    fs::write(&path, sorted).with_context(|| format!("cannot write {}", path.display()))?;
                }
                writeln!(out, "{}", path.display())?;
                found |= args.check;
            }
            Err(error) => {
                let (line, mend) = match &error {
                    FmtError::Syntax { at, mend } => (records::line_of(&text, *at), mend.as_str()),
                    FmtError::Comment => (
                        1,
                        "a comment stands where no order can keep it; give it a line of its own",
                    ),
                };
                writeln!(io::stderr(), "{}:{line}: {mend}", path.display())?;
                if path.extension().is_none_or(|extension| extension != "toml") {
                    writeln!(
                        io::stderr(),
                        "{}: records are .toml files; `hushwall lists import` puts a list of another tool in one form",
                        path.display()
                    )?;
                }
                found = true;
            }
        }
    }
    Ok(ExitCode::from(if found { FOUND } else { 0 }))
}
