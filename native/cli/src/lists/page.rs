//! `hushwall lists page`: one self-contained page of every record, with its evidence.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use trust::Version;

mod data;
mod document;

use super::{edition, files};
use data::Data;

/// Write one page of every record, to be searched in a browser.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The records, files or a folder; without it, those of `blocklists/`, else those that this program was built with.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// The version to show at the head, such as 2026112101; without it, that of the records.
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    list_version: Option<Version>,
}

/// Reads the records and writes the page.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let version = args
        .list_version
        .map_or_else(|| edition::version(&args.from), Ok)?;
    let mut data = Data::new(version.to_string());
    for sheet in files::collect_or_builtin(&args.from)?.sheets {
        if let Ok(file) = sheet.file {
            data.push(&sheet.stem, &file);
        }
    }
    let page = document::emit(&data)?;
    if args.output.as_os_str() == "-" {
        io::stdout().lock().write_all(page.as_bytes())?;
    } else {
        fs::write(&args.output, page).with_context(|| format!("cannot write {}", args.output.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
