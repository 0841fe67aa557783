//! `hushwall replay`: what the engine would have seen and decided, from a capture.

use std::process::ExitCode;

/// Arguments of `hushwall replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures: pcap or pcapng, also gzip.
    #[arg(required = true)]
    captures: Vec<std::path::PathBuf>,
}

/// Reads the captures and writes what was seen to stdout.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("replay of {} captures is not built yet", args.captures.len());
}
