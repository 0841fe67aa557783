//! A certificate for the lab's names, trusted by nobody but the lab's clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::output::run;

/// A self-signed certificate, which clients take as their authority.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate.
    pub pem: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Certificate {
    /// Has `openssl` make one for `names`.
    ///
    /// # Errors
    /// If `openssl` fails.
    pub fn create(directory: &Path, names: &[String]) -> Result<Self> {
        let made = Self {
            pem: directory.join("web.pem"),
            key: directory.join("web.key"),
        };
        let alternatives: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        run(Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=lab"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-addext", &format!("subjectAltName={}", alternatives.join(","))])
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.pem))?;
        Ok(made)
    }
}
