//! `hushwall`: the firewall, and the tools around it, on the command line.
//!
//! Exit codes: 0 fine, 1 found something (a failed check), 2 could not run. Results go to stdout, everything else to
//! stderr.

use std::env;
use std::io;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};

mod capture;
mod completions;
mod counted;
mod lists;
mod replay;
mod rules;
mod run;
mod verdict;

/// Could not run: wrong arguments, missing rights, unreadable files.
const COULD_NOT_RUN: u8 = 2;

/// The firewall that refuses vendor telemetry, by name and address.
#[derive(Debug, Parser)]
#[command(name = "hushwall", version, about, propagate_version = true)]
struct Cli<C: Subcommand = Command> {
    #[command(subcommand)]
    command: C,
    /// Say more on stderr; given twice in a debug build, say all, names and addresses included.
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 100)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the firewall on a TUN device.
    Run(run::Args),
    /// Say what the firewall would have seen and decided in a capture.
    Replay(replay::Args),
    /// Work on the lists: check, explain, compare, convert, sign.
    Lists(lists::Args),
    /// Write a script that completes commands in a shell.
    Completions(completions::CompletionsArgs),
    /// Write the manual pages.
    Man(completions::ManArgs),
}

/// `run` without its neighbours: a firewall runs for weeks, and to describe all the tools' arguments takes memory that it would
/// keep.
#[derive(Debug, Subcommand)]
enum Alone {
    /// Run the firewall on a TUN device.
    Run(run::Args),
}

impl From<Alone> for Command {
    fn from(alone: Alone) -> Self {
        match alone {
            Alone::Run(args) => Self::Run(args),
        }
    }
}

fn main() -> ExitCode {
    let (command, verbose) = if env::args_os().nth(1).is_some_and(|word| word == "run") {
        let cli = Cli::<Alone>::parse();
        (cli.command.into(), cli.verbose)
    } else {
        let cli = <Cli>::parse();
        (cli.command, cli.verbose)
    };
    trace_to_stderr(verbose);
    let outcome = match command {
        Command::Run(args) => run::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Lists(args) => lists::run(args),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => completions::man(&args),
    };
    outcome.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        let _ = writeln!(
            io::stderr(),
            "hushwall: {}",
            curation::visible(&format!("{error:#}"))
        );
        ExitCode::from(COULD_NOT_RUN)
    })
}

/// Names and addresses appear at DEBUG and below only, so `-v` has to be asked for twice before any is shown.
fn trace_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Whoever read stdout has seen enough (`hushwall replay ... | head`): not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        <Cli>::command().debug_assert();
        Cli::<Alone>::command().debug_assert();
    }

    #[test]
    fn run_is_the_same_alone_and_among_its_neighbours() {
        fn help(mut command: clap::Command) -> String {
            command.build();
            let run = command.find_subcommand_mut("run");
            run.map_or_else(String::new, |run| run.render_long_help().to_string())
        }
        let alone = help(Cli::<Alone>::command());
        assert!(alone.contains("--unmanaged"));
        assert_eq!(alone, help(<Cli>::command()));
    }

    #[test]
    fn broken_pipe_is_found_under_its_context() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("stdout");
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow::anyhow!("no such file")));
    }
}
