//! What a process spends, as the kernel counts it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

/// A process that is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pid: u32,
}

/// Memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) anonymous: f64,
    pub(super) resident: f64,
}

impl Process {
    pub(super) const fn new(pid: u32) -> Self {
        Self { pid }
    }

    pub(super) const fn pid(self) -> u32 {
        self.pid
    }

    fn path(self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.pid))
    }

    fn tasks(self, file: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for task in fs::read_dir(self.path("task")).context("the peer has ended")? {
            // A thread may end in between.
            texts.extend(fs::read_to_string(task?.path().join(file)));
        }
        Ok(texts)
    }

    /// Processor time of all threads that live.
    pub(super) fn cpu(self) -> Result<Duration> {
        let mut nanos = 0;
        for text in self.tasks("schedstat")? {
            let first = text.split_whitespace().next().context("an empty schedstat")?;
            nanos += first.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Processor time of all threads, also of those that have ended; in the kernel's ticks, and so to a hundredth of a second.
    pub(super) fn cpu_of_all(self) -> Result<Duration> {
        /// Ticks a second, on every Linux (`USER_HZ`).
        const TICKS: u64 = 100;
        let text = fs::read_to_string(self.path("stat")).context("the program has ended")?;
        // The name, in parentheses, may hold anything; what is spent stands 11 and 12 words behind it.
        let words = text.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = words
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|word| word.parse::<u64>().ok())
            .sum();
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }

    /// How often its threads went to sleep by themselves, which is how often they woke up.
    pub(super) fn wake_ups(self) -> Result<f64> {
        let mut count = 0.0;
        for text in self.tasks("status")? {
            count += field(&text, "voluntary_ctxt_switches:")?;
        }
        Ok(count)
    }

    pub(super) fn memory(self) -> Result<Memory> {
        let text = fs::read_to_string(self.path("status")).context("the peer has ended")?;
        Ok(Memory {
            anonymous: field(&text, "RssAnon:")? * 1024.0,
            resident: field(&text, "VmRSS:")? * 1024.0,
        })
    }

    /// Bytes that are its own and written to.
    pub(super) fn private_dirty(self) -> Result<f64> {
        let text = fs::read_to_string(self.path("smaps_rollup")).context("the peer has ended")?;
        Ok(field(&text, "Private_Dirty:")? * 1024.0)
    }
}

fn field(text: &str, name: &str) -> Result<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| format!("no {name}"))?;
    let number = line.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn work_of_a_process_is_seen() {
        let mut busy = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        let process = Process::new(busy.id());
        while process.cpu().unwrap() < Duration::from_millis(5) {}
        while process.cpu_of_all().unwrap() < Duration::from_millis(20) {}
        let memory = process.memory().unwrap();
        assert!(memory.anonymous > 0.0 && memory.resident > memory.anonymous);
        assert!(process.private_dirty().unwrap() > 0.0);
        busy.kill().unwrap();
        busy.wait().unwrap();
    }

    #[test]
    fn process_that_is_gone_is_an_error() {
        assert!(Process::new(u32::MAX / 2).cpu().is_err());
    }
}
