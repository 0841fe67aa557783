//! `hushwall lists`: the tools for the people who keep the lists. Each file is one command: its arguments, its reading
//! and its writing; what it finds out is decided in curation.

use std::process::ExitCode;

use clap::Subcommand;

mod build;
mod diff;
mod edition;
mod explain;
mod explanations;
mod export;
mod files;
mod fmt;
mod import;
mod leads;
mod lint;
mod matches;
mod new;
mod packages;
mod page;
mod progress;
mod propose;
mod readme;
pub(crate) mod sides;
mod sign;
mod verify;

/// Found something: a lint error, a file out of order, a failed check.
const FOUND: u8 = 1;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put records in the one order and form.
    Fmt(fmt::Args),
    /// Say what is wrong with records, where, and how to mend it.
    Lint(lint::Args),
    /// Say which rules meet a name, in which presets, why, and on what evidence.
    Explain(explain::Args),
    /// Judge the names on stdin: `name<TAB>block|allow<TAB>rule or -`.
    #[command(name = "match")]
    Matches(matches::Args),
    /// Draft a record for a name.
    New(new::Args),
    /// Compile records and lists into one file.
    Build(build::Args),
    /// Say what a change of the records means for a phone.
    Diff(diff::Args),
    /// Write blocklists/README.md, counted from the records.
    Readme(readme::Args),
    /// Draft records from captures, and from the phone's recordings and breakage files.
    Propose(propose::Args),
    /// Read lists of other tools into one normal form.
    Import(import::Args),
    /// Write what is in force in the form of another tool.
    Export(export::Args),
    /// Write the names that want evidence as a list to try, `--list` of other commands: none of them is in force.
    Leads(leads::Args),
    /// Name the vendor's packages: `name<TAB>on|off|never<TAB>shared user id or -<TAB>feature or -<TAB>title<TAB>what`.
    Packages(packages::Args),
    /// Write one page of every record, to be searched in a browser.
    Page(page::Args),
    /// Write what the app shows of each rule, for its APK.
    Explanations(explanations::Args),
    /// Sign the files of a list, with a version that cannot go back.
    Sign(sign::Args),
    /// Say whether a phone would take a signed list.
    Verify(verify::Args),
}

/// Runs a command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Fmt(args) => fmt::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Matches(args) => matches::run(&args),
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Readme(args) => readme::run(&args),
        Command::Propose(args) => propose::run(args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Leads(args) => leads::run(&args),
        Command::Packages(args) => packages::run(&args),
        Command::Page(args) => page::run(args),
        Command::Explanations(args) => explanations::run(&args),
        Command::Sign(args) => sign::run(args),
        Command::Verify(args) => verify::run(args),
    }
}
