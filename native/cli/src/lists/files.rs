//! The files of records that a command is about: given, or those of `blocklists/` here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use curation::Collection;

/// Where the records are, in the repository's root.
pub(super) const FOLDER: &str = "blocklists";

/// The files of records that are given by path, folders opened; without any, those of `blocklists/`.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let here = [PathBuf::from(FOLDER)];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.with_context(|| format!("cannot read the folder {}", path.display()))?;
        let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        anyhow::ensure!(!files.is_empty(), "no .toml file in {}", path.display());
        found.extend(files);
    }
    Ok(found)
}

/// A file's text. Names are ASCII, so what is not UTF-8 can only be in a comment.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| match path.exists() {
        false if path == Path::new(FOLDER) => {
            "no folder blocklists here; go to the root of the repository, or name files".to_owned()
        }
        _ => format!("cannot read {}", path.display()),
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The records of some files; none at all where one of them cannot be read, as what is missing would go unsaid.
pub(super) fn collect(paths: &[PathBuf]) -> anyhow::Result<Collection> {
    let collection = read_all(find(paths)?)?;
    for sheet in &collection.sheets {
        if let Err(problem) = &sheet.file {
            let line = records::line_of(&sheet.text, problem.at.start);
            anyhow::bail!("{}:{line}: {}", sheet.path, problem.sentence());
        }
    }
    Ok(collection)
}

/// The records of these files, the unreadable ones too.
pub(super) fn read_all(paths: Vec<PathBuf>) -> anyhow::Result<Collection> {
    let files = paths.into_iter().map(|path| {
        let text = read(&path)?;
        Ok((path.to_string_lossy().into_owned(), text))
    });
    Ok(Collection::new(files.collect::<anyhow::Result<Vec<_>>>()?))
}

/// The records of some files; without any, those of `blocklists/` here, else those that this program was built with.
pub(super) fn collect_or_builtin(paths: &[PathBuf]) -> anyhow::Result<Collection> {
    if paths.is_empty() && !Path::new(FOLDER).is_dir() {
        return Ok(curation::builtin());
    }
    collect(paths)
}
