//! `hushwall lists explain`: which rules meet a name, in which presets, why, and on what evidence.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::files;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Names, or addresses as the records write them.
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
    /// A JSON object a name.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let mut out = io::stdout().lock();
    for (name, index) in args.names.iter().zip(0..) {
        let explanation = curation::explain(&collection, name);
        if args.json {
            writeln!(out, "{}", explanation.json())?;
            continue;
        }
        let gap = if index > 0 { "\n" } else { "" };
        write!(out, "{gap}{explanation}")?;
    }
    Ok(ExitCode::SUCCESS)
}
