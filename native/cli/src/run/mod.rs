//! `hushwall run`: the firewall on a TUN device.

use std::process::ExitCode;

mod args;

pub(crate) use args::Args;

/// Runs the firewall until SIGTERM or Ctrl-C.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("run on {} is not built yet", args.tun);
}
