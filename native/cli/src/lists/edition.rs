//! The edition of Hushwall's own list that a command judges by: the records of `blocklists/` as they lie here, or those
//! that are named, or what this program was built with.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use blocklist::compiled::{self, Compiled};
use blocklist::{Preset, RulesBuilder};
use curation::Collection;
use trust::Version;

use super::{build, files};

/// Records, what they compile to, and their version.
#[derive(Debug)]
pub(super) struct Edition {
    pub(super) collection: Collection,
    pub(super) version: Version,
    list: Compiled,
    /// The folder or file, where it is not that of this program.
    place: Option<PathBuf>,
}

impl Edition {
    /// Reads the records that are named; without any, those of `blocklists/` here, else those of this program. A record
    /// that is wrong is an error: nobody wants to be judged by half a list.
    pub(super) fn read(from: &[PathBuf]) -> anyhow::Result<Self> {
        let collection = files::collect_or_builtin(from)?;
        for sheet in &collection.sheets {
            let problem = match &sheet.file {
                Ok(file) => file.problems().into_iter().next(),
                Err(problem) => Some(problem.clone()),
            };
            if let Some(problem) = problem {
                let line = records::line_of(&sheet.text, problem.at.start);
                bail!("{}:{line}: {}", sheet.path, problem.sentence());
            }
        }
        Ok(Self {
            list: compiled::open(build::compile(&collection, "Hushwall")?)?,
            version: version(from)?,
            place: place(from),
            collection,
        })
    }

    /// Starts rules with this edition.
    pub(super) fn rules(&self, preset: Preset) -> RulesBuilder {
        RulesBuilder::with_builtin(self.list.clone(), preset)
    }

    /// Says on stderr what is judged by, where that is not what the program was built with.
    pub(super) fn tell(&self) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let (place, version) = (place.display(), self.version);
        writeln!(
            io::stderr(),
            "judged by the records of {place}, version {version}"
        )
    }
}

/// The version beside the records that are named, or in `blocklists/` here; else that of this program's own lists.
pub(super) fn version(from: &[PathBuf]) -> anyhow::Result<Version> {
    let path = place(from).map(|place| place.join("VERSION"));
    let Some(path) = path.filter(|path| path.is_file()) else {
        return Ok(Version::parse(BUILTIN.trim_end())?);
    };
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Version::parse(text.trim_end()).with_context(|| path.display().to_string())
}

/// The version of this program's own lists.
pub(super) fn builtin_version() -> anyhow::Result<Version> {
    Ok(Version::parse(BUILTIN.trim_end())?)
}

/// Whoever changes a record raises it.
const BUILTIN: &str = include_str!("../../../../blocklists/VERSION");

/// The first place that is named, else `blocklists/` where it lies here.
fn place(from: &[PathBuf]) -> Option<PathBuf> {
    let here = Path::new(files::FOLDER);
    let here = || here.is_dir().then(|| here.to_owned());
    from.first().cloned().or_else(here)
}
