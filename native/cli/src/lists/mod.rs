//! `hushwall lists`: the tools for the people who keep the lists.

use std::process::ExitCode;

use clap::Subcommand;

mod page;

/// Work on the lists.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write one page of every record, to be searched in a browser.
    Page(page::Args),
}

/// Does what was asked for.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Page(args) => page::run(args),
    }
}
