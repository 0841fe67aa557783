//! A Chromium without a window in the phone, for pages that report by themselves what they met.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::background::Background;
use crate::certificate::Certificate;
use crate::lab::Lab;
use crate::output::run;

/// What keeps it from doing anything but what the page asks for.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--no-pings",
    "--remote-debugging-port=0",
];

/// What a Chromium is to do of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chromium<'a> {
    /// `HOST:PORT` that it speaks nothing but QUIC to.
    pub quic_only: &'a [&'a str],
    /// Names that it does not ask for, and their addresses.
    pub built_in: &'a [(&'a str, std::net::Ipv4Addr)],
    /// Features of it to be switched on, and their parameters, as its command line has them.
    pub features: &'a str,
}

impl Chromium<'_> {
    /// Starts it in the phone, on `url`, trusting `certificate` for any name. It ends with the value.
    ///
    /// # Errors
    /// If it is not installed.
    pub fn open(&self, lab: &Lab, certificate: &Certificate, url: &str) -> Result<Background> {
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let rules: Vec<String> = self
            .built_in
            .iter()
            .map(|(name, address)| format!("MAP {name} {address}"))
            .collect();
        let mut command = lab.phone.command(&program);
        command
            .args(FLAGS)
            .arg(format!(
                "--user-data-dir={}",
                lab.directory().join("chromium").display()
            ))
            // What it leaves there when it is killed goes with the lab.
            .env("TMPDIR", lab.directory())
            .arg(format!(
                "--ignore-certificate-errors-spki-list={}",
                fingerprint(certificate)?
            ))
            .arg(format!("--origin-to-force-quic-on={}", self.quic_only.join(",")))
            .arg(format!("--host-resolver-rules={}", rules.join(", ")))
            .arg(format!("--enable-features={}", self.features))
            .arg(url);
        Background::start(&mut command, lab.directory(), "chromium")
    }
}

/// The hash of the certificate's key, in base 64.
fn fingerprint(certificate: &Certificate) -> Result<String> {
    let pem = certificate.pem.display().to_string();
    let key = run(Command::new("openssl").args(["x509", "-pubkey", "-noout", "-in", &pem]))?;
    let der = pipe(&["pkey", "-pubin", "-outform", "der"], key.as_bytes())?;
    let hash = pipe(&["dgst", "-sha256", "-binary"], &der)?;
    Ok(String::from_utf8(pipe(&["base64", "-A"], &hash)?)?)
}

fn pipe(words: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no pipe")?.write_all(input)?;
    let done = child.wait_with_output()?;
    ensure!(done.status.success(), "openssl {words:?}: {}", done.status);
    Ok(done.stdout)
}
