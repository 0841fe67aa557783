//! `hushwall completions` and `hushwall man`: for shells, and for those who package the program.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::Cli;

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder for the pages, one a command; without it, the first page goes to stdout.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    // Into memory first: the generator has no way to report that nobody reads.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut <Cli>::command(), "hushwall", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual.
pub(crate) fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    match &args.folder {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            clap_mangen::generate_to(<Cli>::command(), folder)
                .with_context(|| format!("cannot write to {}", folder.display()))?;
        }
        None => clap_mangen::Man::new(<Cli>::command()).render(&mut io::stdout().lock())?,
    }
    Ok(ExitCode::SUCCESS)
}
