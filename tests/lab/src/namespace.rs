//! One network namespace, as `ip netns` knows it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::output::run;

/// What every namespace's name starts with; the process id follows.
const PREFIX: &str = "hush-";

/// A network namespace: made by [`Namespace::create`], gone with everything in it on drop.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    etc: Option<PathBuf>,
}

impl Namespace {
    /// Makes one. The name carries this process's id and a number, so that labs side by side do not collide.
    ///
    /// # Errors
    /// If `ip` refuses, mostly for want of rights.
    pub fn create(role: &str) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{role}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]))
            .context("making a network namespace needs root: use ./build.sh")?;
        let made = Self { name, etc: None };
        // Addresses are usable at once only without duplicate address detection; the settings hold for later links.
        made.sysctl("net/ipv6/conf/all/accept_dad", "0")?;
        made.sysctl("net/ipv6/conf/default/accept_dad", "0")?;
        // A burst of connections waits for the server, as its queue is short; a cookie would have it reset some.
        made.sysctl("net/ipv4/tcp_syncookies", "0")?;
        made.ip("link set lo up")?;
        Ok(made)
    }

    /// Removes namespaces of processes that are gone (killed before they could).
    pub fn remove_leftovers() {
        let Ok(list) = run(Command::new("ip").args(["netns", "list"])) else {
            return;
        };
        for name in list.lines().filter_map(|line| line.split_whitespace().next()) {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let Some(pid) = rest.split('-').next().and_then(|pid| pid.parse::<u32>().ok()) else {
                continue;
            };
            if !Path::new(&format!("/proc/{pid}")).exists() {
                drop(Self {
                    name: name.to_owned(),
                    etc: None,
                });
            }
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on `resolv.conf` and `nsswitch.conf` of this directory take the place of the machine's in commands.
    pub fn set_etc(&mut self, directory: PathBuf) {
        self.etc = Some(directory);
    }

    /// A command that will run inside, with all the file descriptors that the machine permits.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        const FILES: &str = r#"ulimit -n "$(ulimit -H -n)" && exec "$@""#;
        // `ip netns exec` gives each command a mount namespace of its own, so the binds vanish with it.
        const ETC: &str = r#"mount --bind "$0/resolv.conf" /etc/resolv.conf &&
            mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && ulimit -n "$(ulimit -H -n)" && exec "$@""#;
        let mut command = self.bare_command("sh");
        command.arg("-c");
        match &self.etc {
            Some(directory) => command.arg(ETC).arg(directory),
            None => command.args([FILES, "sh"]),
        };
        command.arg(program);
        command
    }

    /// A command that will run inside, with nothing changed but the network.
    pub fn bare_command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name])
            .arg(program)
            .stdin(Stdio::null());
        command
    }

    /// Runs `ip` for this namespace, words split at spaces.
    ///
    /// # Errors
    /// If `ip` fails.
    pub fn ip(&self, words: &str) -> Result<String> {
        run(Command::new("ip")
            .args(["-n", &self.name])
            .args(words.split_whitespace()))
    }

    /// Writes a setting under `/proc/sys`.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn sysctl(&self, key: &str, value: &str) -> Result<()> {
        let script = r#"printf %s "$1" > "/proc/sys/$0""#;
        run(self.bare_command("sh").args(["-c", script, key, value]))
            .map(drop)
            .with_context(|| format!("setting {key} to {value}"))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Ok(pids) = run(Command::new("ip").args(["netns", "pids", &self.name])) {
            let pids: Vec<&str> = pids.split_whitespace().collect();
            if !pids.is_empty() {
                let _ = run(Command::new("kill").arg("-9").args(pids));
            }
        }
        let _ = run(Command::new("ip").args(["netns", "del", &self.name]));
    }
}
