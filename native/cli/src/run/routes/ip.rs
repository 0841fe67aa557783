//! The `ip` tool of iproute2.

use std::io;
use std::process::{Command, Stdio};

/// Why `ip` did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IpError {
    /// There is no such program.
    #[error("the `ip` tool is missing: install iproute2")]
    Missing,
    /// It could not be started.
    #[error("the `ip` tool did not start")]
    Start(#[source] io::Error),
    /// It ran and said no.
    #[error("`ip {arguments}` failed: {message}")]
    Refused {
        /// What it was called with.
        arguments: String,
        /// The first line of what it said.
        message: String,
    },
}

/// Runs `ip` with arguments. A seam for tests.
pub(crate) trait Ip {
    /// Runs it to its end.
    fn run(&mut self, arguments: &[&str]) -> Result<(), IpError>;
}

/// The real one.
#[derive(Debug, Default)]
pub(crate) struct Iproute2;

impl Ip for Iproute2 {
    fn run(&mut self, arguments: &[&str]) -> Result<(), IpError> {
        let output = Command::new("ip")
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => IpError::Missing,
                _ => IpError::Start(error),
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(IpError::Refused {
            arguments: arguments.join(" "),
            message: said.lines().next().unwrap_or("no reason given").trim().to_owned(),
        })
    }
}
