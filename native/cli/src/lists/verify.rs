//! `hushwall lists verify`: whether a phone would take a signed list.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use trust::{Age, Day, Keys, Manifest, OfferError, Offered, Seen, Signer, Version};

use super::{edition, sign};

/// Exit code where the list is refused.
const REFUSED: u8 = 1;

/// Say whether a phone would take a signed list, and why not.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The manifest; its signature and its files lie beside it.
    manifest: PathBuf,
    /// The public key in use: a file that ends in `.pub`, or its line of base64.
    #[arg(long, value_name = "KEY")]
    key: String,
    /// The public key that comes after it.
    #[arg(long, value_name = "KEY")]
    next_key: Option<String>,
    /// The highest version seen before; the built-in one counts in any case.
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    seen: Option<Version>,
    /// The day to judge by, instead of today, as 2026-11-21.
    #[arg(long, value_name = "DAY", value_parser = day)]
    on: Option<u64>,
    /// Judge it as the list in force: one whose time is over stays, and is called old.
    #[arg(long)]
    in_force: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    accepted: bool,
    version: Option<u64>,
    expires: Option<String>,
    signer: Option<&'static str>,
    files: Vec<String>,
    /// What is to be known of an accepted list: `old list`, or that the clock was not believed.
    remark: Option<String>,
    /// Why it is refused.
    reason: Option<String>,
}

/// Verifies and tells.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bytes = fs::read(&args.manifest).with_context(|| args.manifest.display().to_string())?;
    let beside = sign::signature_path(&args.manifest);
    let signature = fs::read(&beside).with_context(|| beside.display().to_string())?;
    let signature = String::from_utf8_lossy(&signature);
    let next = args.next_key.as_deref().map(key).transpose()?;
    let keys = Keys::parse(&key(&args.key)?, next.as_deref())?;
    let builtin = Seen::builtin(edition::builtin_version()?);
    let seen = args.seen.map_or(builtin, |version| builtin.and(version));
    let now = args.on.unwrap_or_else(sign::now);

    let folder = args.manifest.parent().unwrap_or_else(|| Path::new(""));
    let report = match Offered::parse(&keys, &bytes, &signature) {
        Ok(offered) => judge(offered, seen, now, args.in_force, folder),
        Err(error) => Report::refused(with_causes(error)),
    };
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        report.write(&mut out)?;
    }
    Ok(if report.accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(REFUSED)
    })
}

fn judge(offered: Offered, seen: Seen, now: u64, in_force: bool, folder: &Path) -> Report {
    let manifest = offered.manifest().clone();
    let mut report = Report {
        version: Some(manifest.version().number()),
        expires: Some(manifest.expires().to_string()),
        signer: Some(match offered.signer() {
            Signer::Current => "current",
            Signer::Next => "next",
        }),
        ..Report::refused(String::new())
    };
    report.remark = match manifest.age(seen, now) {
        Age::Current => None,
        Age::Old { expired } => Some(format!("old list: its time ended on {expired}")),
        Age::ClockIsWrong => {
            Some("the clock is before the day of a list that is here, so it was ignored".to_owned())
        }
    };
    let judged = if in_force {
        check_files(&manifest, folder)
    } else {
        let accepted = offered.accept(seen, now);
        accepted
            .map_err(with_causes)
            .and_then(|manifest| check_files(&manifest, folder))
    };
    match judged {
        Ok(files) => {
            report.accepted = true;
            report.files = files;
            report.reason = None;
        }
        Err(reason) => report.reason = Some(reason),
    }
    report
}

/// An error and what is behind it, in one line.
fn with_causes(error: OfferError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

fn check_files(manifest: &Manifest, folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for entry in manifest.files() {
        let path = folder.join(&entry.name);
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        manifest
            .check_file(&entry.name, &bytes)
            .map_err(|error| error.to_string())?;
        names.push(entry.name.clone());
    }
    Ok(names)
}

impl Report {
    const fn refused(reason: String) -> Self {
        Self {
            accepted: false,
            version: None,
            expires: None,
            signer: None,
            files: Vec::new(),
            remark: None,
            reason: Some(reason),
        }
    }

    fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        if let (Some(version), Some(expires), Some(signer)) = (self.version, &self.expires, self.signer) {
            writeln!(
                out,
                "version {version}, signed with the {signer} key, offered until {expires}"
            )?;
        }
        for file in &self.files {
            writeln!(out, "as signed: {file}")?;
        }
        if let Some(remark) = self.remark.as_ref().filter(|_| self.accepted) {
            writeln!(out, "{remark}")?;
        }
        match &self.reason {
            Some(reason) => writeln!(out, "refused: {reason}"),
            None => writeln!(out, "accepted"),
        }
    }
}

/// The text of a key: of the file of that name, or the argument itself.
fn key(argument: &str) -> anyhow::Result<String> {
    if Path::new(argument)
        .extension()
        .is_some_and(|extension| extension == "pub")
    {
        return fs::read_to_string(argument).with_context(|| argument.to_owned());
    }
    Ok(argument.to_owned())
}

fn day(text: &str) -> Result<u64, String> {
    Day::parse(text)
        .map(Day::start)
        .ok_or_else(|| "write the day as 2026-11-21".to_owned())
}

#[cfg(test)]
mod tests;
