//! `hushwall lists explain`: which rules meet a name, in which presets, why, and on what evidence.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::files;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Names, addresses, or the URLs that they are in.
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
    let asked = args.names.iter().map(|name| curation::asked(name));
    let names = asked
        .collect::<Result<Vec<String>, String>>()
        .map_err(anyhow::Error::msg)?;
    let mut out = io::stdout().lock();
    for (name, index) in names.iter().zip(0..) {
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
