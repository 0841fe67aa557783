//! `hushwall lists explanations`: what the app shows of a rule, for its APK.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::files;

/// Write what the app shows of each rule.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let text = curation::explanations(&files::collect_or_builtin(&[])?);
    fs::write(&args.output, text).with_context(|| args.output.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
