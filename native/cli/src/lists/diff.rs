//! `hushwall lists diff`: what a change of the records means for a phone.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::ValueEnum;
use curation::Collection;

use super::files;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Before: a file, a folder, or a git revision (REV, or REV:DIR).
    #[arg(value_name = "OLD")]
    old: String,
    /// After.
    #[arg(value_name = "NEW", default_value = files::FOLDER)]
    new: String,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// One JSON object; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// One JSON object.
    Json,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (mut old, mut new) = (read(&args.old)?, read(&args.new)?);
    // Two files of different names are two versions of one.
    if let ([(before, _)], [(after, _)]) = (&mut old[..], &new[..]) {
        before.clone_from(after);
    }
    for (path, _) in old.iter_mut().chain(&mut new) {
        *path = path.replace('\\', "/");
    }
    let (old, new) = (Collection::new(old), Collection::new(new));
    for sheet in old.sheets.iter().chain(&new.sheets) {
        if let Err(problem) = &sheet.file {
            let line = records::line_of(&sheet.text, problem.at.start);
            anyhow::bail!("{}:{line}: {}", sheet.path, problem.sentence());
        }
    }
    let diff = curation::diff(&old, &new);
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", diff.json())?,
        _ if args.json => writeln!(out, "{}", diff.json())?,
        Format::Text => write!(out, "{}", diff.text())?,
        Format::Markdown => write!(out, "{}", diff.markdown())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The files of one side, as path and text.
fn read(side: &str) -> anyhow::Result<Vec<(String, String)>> {
    let path = Path::new(side);
    if path.exists() {
        let paths = files::find(&[path.to_owned()])?.into_iter();
        return paths
            .map(|path| Ok((path.to_string_lossy().into_owned(), files::read(&path)?)))
            .collect();
    }
    let (revision, folder) = side.split_once(':').unwrap_or((side, files::FOLDER));
    let tree = format!("{revision}:{}", folder.trim_end_matches('/'));
    let listing = git(&["ls-tree", "--name-only", &tree]).with_context(|| {
        format!("`{side}` is neither a file nor a folder here, nor a git revision with `{folder}`")
    })?;
    let names = listing.lines().filter(|name| name.ends_with(".toml"));
    names
        .map(|name| {
            let object = format!("{tree}/{name}");
            let text = git(&["show", &object])?;
            Ok((object, text))
        })
        .collect()
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .context("cannot run git")?;
    let error = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "git: {}", error.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
