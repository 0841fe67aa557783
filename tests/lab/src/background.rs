//! A program that runs beside the test, its output in files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::deadline::until;
use crate::output::run;

/// A running program; killed on drop.
#[derive(Debug)]
pub struct Background {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Background {
    /// Starts `command` with its output in `directory/NAME.out` and `.err`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command, directory: &Path, name: &str) -> Result<Self> {
        let (stdout, stderr) = (
            directory.join(format!("{name}.out")),
            directory.join(format!("{name}.err")),
        );
        let child = command
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?)
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        Ok(Self {
            child,
            stdout,
            stderr,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits until `ready` is true.
    ///
    /// # Errors
    /// If the program ends or time runs out before that; both with what it said.
    pub fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut(&Self) -> bool,
    ) -> Result<()> {
        let waited = until(what, limit, || {
            if ready(self) {
                return Ok(true);
            }
            match self.child.try_wait()? {
                Some(status) => bail!("it ended early ({status}), before: {what}"),
                None => Ok(false),
            }
        });
        waited.with_context(|| {
            format!(
                "stdout: {}\nstderr: {}",
                self.stdout().trim(),
                self.stderr().trim()
            )
        })
    }

    /// Waits until it has written a line that starts with `start`, and returns it.
    ///
    /// # Errors
    /// As [`Background::wait_until`].
    pub fn wait_for_line(&mut self, start: &str, limit: Duration) -> Result<String> {
        let find = |me: &Self| {
            // A program may write a line in pieces.
            me.stdout()
                .split_inclusive('\n')
                .find_map(|line| line.strip_suffix('\n').filter(|line| line.starts_with(start)))
                .map(str::to_owned)
        };
        self.wait_until(&format!("a line {start:?}"), limit, |me| find(me).is_some())?;
        Ok(find(self).unwrap_or_default())
    }

    /// Sends a signal, by its name.
    ///
    /// # Errors
    /// If there is no such process any more.
    pub fn signal(&self, name: &str) -> Result<()> {
        run(Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.pid().to_string()))
        .map(drop)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it does not end within `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let mut status = None;
        until("the end of a program", limit, || {
            status = self.child.try_wait()?;
            Ok(status.is_some())
        })?;
        status.context("it did not end")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
