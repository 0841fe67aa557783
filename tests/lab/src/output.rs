//! Runs a command to its end and keeps what it said.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; -1 after a signal.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

impl Output {
    /// Whether it exited with 0.
    pub const fn is_success(&self) -> bool {
        self.code == 0
    }

    /// Itself, if it exited with 0.
    ///
    /// # Errors
    /// With everything that the command said, if not.
    pub fn success(self) -> Result<Self> {
        if !self.is_success() {
            bail!(
                "exit code {}\nstdout: {}\nstderr: {}",
                self.code,
                self.stdout.trim(),
                self.stderr.trim()
            );
        }
        Ok(self)
    }
}

/// Runs `command` and takes its output, whatever its exit code.
///
/// # Errors
/// If it cannot be started.
pub fn output(command: &mut Command) -> Result<Output> {
    let from = Instant::now();
    let done = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    Ok(Output {
        code: done.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        took: from.elapsed(),
    })
}

/// Runs `command` and takes its standard output.
///
/// # Errors
/// If it cannot be started or does not exit with 0.
pub fn run(command: &mut Command) -> Result<String> {
    let done = output(command)?
        .success()
        .with_context(|| format!("running {command:?}"))?;
    Ok(done.stdout)
}
