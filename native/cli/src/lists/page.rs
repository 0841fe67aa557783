//! `hushwall lists page`: one self-contained page of every record, with its evidence.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use records::{File, line_of};
use trust::Version;

mod data;
mod document;

use super::version;
use data::Data;

/// Write one page of every record, to be searched in a browser.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The folder of the records.
    #[arg(long, value_name = "FOLDER", default_value = "blocklists")]
    from: PathBuf,
    /// The version to show at the head, such as 2026112101; without it, that of this program's own lists.
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    list_version: Option<Version>,
}

/// Reads the records and writes the page.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(&args.from).with_context(|| args.from.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    anyhow::ensure!(!paths.is_empty(), "{}: no records there", args.from.display());
    let version = args.list_version.map_or_else(version::builtin, Ok)?;
    let mut data = Data::new(version.to_string());
    for path in paths {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let file = File::parse(&text).map_err(|problem| {
            anyhow::anyhow!(
                "{}:{}: {}",
                path.display(),
                line_of(&text, problem.at.start),
                problem.sentence()
            )
        })?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        data.push(&stem, &file);
    }
    let page = document::emit(&data)?;
    if args.output.as_os_str() == "-" {
        io::stdout().lock().write_all(page.as_bytes())?;
    } else {
        fs::write(&args.output, page).with_context(|| args.output.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}
