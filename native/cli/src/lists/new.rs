//! `hushwall lists new`: the draft of a record.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{FOUND, files};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name that the record is to be about.
    #[arg(value_name = "NAME")]
    name: String,
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let name = curation::asked(&args.name).map_err(anyhow::Error::msg)?;
    let explained = curation::explain(&collection, &name);
    let mut rules = explained.met.iter().map(|met| met.rule);
    if let Some(rule) = rules.find(|rule| rule.network.is_none() && rule.pattern == name) {
        writeln!(
            io::stderr(),
            "hushwall: `{name}` has a record already, {} ({}); read it with `hushwall lists explain {name}`, and change that",
            rule.id,
            rule.status.as_str()
        )?;
        return Ok(ExitCode::from(FOUND));
    }
    let (sheet, draft) = curation::draft(&collection, &name);
    write!(io::stdout().lock(), "{draft}")?;
    let path = sheet.map_or("blocklists/COMPONENT.toml", |sheet| sheet.path.as_str());
    writeln!(
        io::stderr(),
        "next: append it with `>> {path}`, fill it in, then `hushwall lists fmt` and `hushwall lists lint`"
    )?;
    Ok(ExitCode::SUCCESS)
}
