//! The clients: two browsers, which have TCP to fall back to, and two libraries, whose apps see an error.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use lab::{Background, Certificate, Chromium, Lab};

use crate::{NAME, SERVER};

/// A client of QUIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Chromium,
    Firefox,
    Aioquic,
    Quinn,
}

/// Firefox speaks HTTP/3 to the server without having heard of it, and asks for nothing of its own.
const FIREFOX: &str = r#"
user_pref("network.http.http3.alt-svc-mapping-for-testing", "NAME;h3=:443");
user_pref("network.http.http3.disable_when_third_party_roots_found", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.trr.mode", 5);
user_pref("app.normandy.enabled", false);
user_pref("app.update.auto", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("services.settings.server", "data:,");
"#;

impl Client {
    /// Those that are here.
    pub(crate) fn installed() -> Vec<Self> {
        let all = [Self::Chromium, Self::Firefox, Self::Aioquic, Self::Quinn];
        all.into_iter().filter(|client| client.words().is_ok()).collect()
    }

    /// Its name and version.
    pub(crate) fn words(self) -> Result<String> {
        let (program, word) = match self {
            Self::Chromium => ("chromium".into(), "--version"),
            Self::Firefox => ("firefox-esr".into(), "--version"),
            Self::Aioquic => (
                python(),
                "-cimport aioquic; print('aioquic', aioquic.__version__)",
            ),
            Self::Quinn => {
                return fs::metadata(quinn())
                    .map(|_| "quinn".to_owned())
                    .context("no quinn");
            }
        };
        let said = lab::run(Command::new(program).arg(word))?;
        // "Mozilla Firefox 153.8.0esr", "Chromium 156.0.8078.114 built on Debian".
        let words = said.split_whitespace().filter(|word| *word != "Mozilla");
        Ok(words.take(2).collect::<Vec<_>>().join(" "))
    }

    /// Whether it falls back by itself; else its app is told.
    pub(crate) const fn has_tcp(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox)
    }

    pub(crate) fn start(self, lab: &Lab) -> Result<Background> {
        let url = format!("https://{NAME}/");
        let asked = ["ask", &SERVER.to_string(), "443", NAME, "1", "10"];
        let mut command = match self {
            Self::Chromium => {
                let certificate = Certificate::create(lab.directory(), &[NAME.to_owned()])?;
                return Chromium::default().open(lab, &certificate, &url);
            }
            Self::Firefox => {
                let profile = lab.directory().join("firefox");
                fs::create_dir_all(&profile)?;
                fs::write(profile.join("user.js"), FIREFOX.replace("NAME", NAME))?;
                let mut command = lab.phone.command("firefox-esr");
                command.env("HOME", &profile);
                command
                    .args(["--headless", "--no-remote", "--profile"])
                    .arg(&profile)
                    .arg(&url);
                command
            }
            Self::Aioquic => {
                let mut command = lab.phone.command(python());
                command
                    .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/quic/endpoint.py"))
                    .args(asked);
                command
            }
            Self::Quinn => {
                let mut command = lab.phone.command(quinn());
                command.args(asked);
                command
            }
        };
        Background::start(&mut command, lab.directory(), "client")
    }
}

fn python() -> PathBuf {
    lab::made("LAB_QUIC_PYTHON", ".tools/quic/bin/python3")
}

fn quinn() -> PathBuf {
    lab::made("LAB_QUINN", "target/quinn/debug/lab-quinn")
}
