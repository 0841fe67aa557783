//! A running firewall and what it says.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::background::Background;
use crate::namespace::Namespace;
use crate::output::{Output, output};
use crate::tools;

/// How long it may take to start.
const START: Duration = Duration::from_secs(10);

/// A running `hushwall run --json`.
#[derive(Debug)]
pub struct Hushwall {
    process: Background,
}

/// One verdict of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it refused.
    pub blocked: bool,
    /// `tcp`, `udp`, `dns` or `icmp`.
    pub transport: String,
    /// What decided, as in `tls_server_name`.
    pub seen: String,
    /// The name that was judged, if any.
    pub name: Option<String>,
    /// The app's endpoint.
    pub app: Option<SocketAddr>,
    /// The far end.
    pub remote: Option<SocketAddr>,
    /// The rule, if any.
    pub rule: Option<String>,
    /// What the hello's encrypted_client_hello extension is, if it has one: `real` or `unknown`.
    pub ech: Option<String>,
}

impl Hushwall {
    /// Starts `hushwall run` with `arguments` inside `namespace` and waits until it says that it runs.
    ///
    /// # Errors
    /// If it ends, or says nothing in time.
    pub fn start(namespace: &Namespace, directory: &Path, arguments: &[&str]) -> Result<Self> {
        // With the limits of an ordinary shell: it has to raise what it needs itself.
        let mut command = namespace.bare_command(tools::hushwall()?);
        command.args(["run", "--json"]).args(arguments);
        let mut process = Background::start(&mut command, directory, "hushwall")?;
        process
            .wait_until("hushwall's first line", START, |process| {
                process.stdout().contains(r#""kind":"started""#)
            })
            .context("starting hushwall")?;
        Ok(Self { process })
    }

    /// Runs `hushwall` with `arguments` to its end.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn output(namespace: &Namespace, arguments: &[&str]) -> Result<Output> {
        output(namespace.bare_command(tools::hushwall()?).args(arguments))
    }

    /// The process, for signals and waiting.
    pub fn process(&mut self) -> &mut Background {
        &mut self.process
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Every verdict so far.
    pub fn verdicts(&self) -> Vec<Verdict> {
        // A last line may be half written.
        self.process
            .stdout()
            .lines()
            .filter_map(|line| Verdict::parse(&serde_json::from_str(line).ok()?))
            .collect()
    }

    /// Anonymous memory in kilobytes.
    ///
    /// # Errors
    /// If it runs no more.
    pub fn anonymous_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.pid()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .context("no RssAnon")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Verdict {
    fn parse(line: &Value) -> Option<Self> {
        let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
        if text("kind")? != "verdict" {
            return None;
        }
        Some(Self {
            blocked: text("action")? == "block",
            transport: text("transport")?,
            seen: text("seen")?,
            name: text("name"),
            app: text("app").and_then(|app| app.parse().ok()),
            remote: text("remote").and_then(|remote| remote.parse().ok()),
            rule: text("rule"),
            ech: text("ech"),
        })
    }
}
