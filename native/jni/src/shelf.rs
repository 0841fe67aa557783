//! List files: read, verified, and kept for as long as nothing better comes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use blocklist::compiled::{self, Compiled, ListSource};
use blocklist::{BuildError, RulesBuilder};
use thiserror::Error;
use trust::{FileError, Keys, LONGEST_MANIFEST, Manifest, OfferError, Offered, Seen, Version};
use tunnel::Mapped;

use crate::error::code;
use crate::settings::{ListFile, ListRole};

/// How a compiled list begins (`blocklists/COMPILED.md`).
const COMPILED: &[u8] = b"HUSHLIST";

/// What a signature's file is called beside its manifest.
const SIGNATURE: &str = ".minisig";

/// Longest signature file that is read.
const LONGEST_SIGNATURE: u64 = 4 * 1024;

/// The version of the list that is compiled in.
const BUILTIN_VERSION: &str = include_str!("../../../blocklists/VERSION");

/// The public keys of list updates, given to the build of a release. Without them no signed list is taken.
const KEYS: (Option<&str>, Option<&str>) = (
    option_env!("HUSHWALL_LIST_KEY"),
    option_env!("HUSHWALL_NEXT_LIST_KEY"),
);

/// Why a list file was not taken.
#[derive(Debug, Error)]
pub(crate) enum ListError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Damaged, or of a form that is not known.
    #[error("{0}")]
    Form(#[from] compiled::OpenError),
    /// A line that is no rule.
    #[error("{0}")]
    Lines(#[from] BuildError),
    /// An edition of the built-in list is text.
    #[error("a newer edition of the built-in list has to be compiled")]
    NotCompiled,
    /// The owner's allow list is compiled.
    #[error("a list of names to let through has to be text")]
    NotText,
    /// An edition of the built-in list without a manifest.
    #[error("not signed")]
    Unsigned,
    /// This build has no key.
    #[error("this build knows no key of list updates")]
    NoKey,
    /// The manifest is not taken.
    #[error("{0}")]
    Offer(#[from] OfferError),
    /// The file is not the one that was signed.
    #[error("{0}")]
    File(#[from] FileError),
}

impl ListError {
    /// The code of `EngineException`.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::Unreadable(_) => code::LIST_UNREADABLE,
            Self::Form(_)
            | Self::Lines(_)
            | Self::NotCompiled
            | Self::NotText
            | Self::Offer(OfferError::Manifest(_)) => code::LIST_FORM,
            Self::Offer(OfferError::RollBack { .. } | OfferError::Expired { .. }) => code::LIST_OLD,
            Self::Unsigned | Self::NoKey | Self::Offer(_) | Self::File(_) => code::LIST_TRUST,
        }
    }
}

/// A list that may come into force.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Edition(Compiled, Version),
    Compiled(Compiled),
    Allow(String),
}

/// The good lists, by path.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    good: HashMap<String, Content>,
    keys: Option<Keys>,
}

impl Shelf {
    /// A shelf that trusts the keys of this build.
    pub(crate) fn new() -> Self {
        let keys = KEYS.0.and_then(|current| Keys::parse(current, KEYS.1).ok());
        Self::with_keys(keys)
    }

    /// A shelf that trusts these keys.
    pub(crate) fn with_keys(keys: Option<Keys>) -> Self {
        Self {
            good: HashMap::new(),
            keys,
        }
    }

    /// Opens a list; of one that cannot be used the last good content stays, and the error is told.
    /// `highest` is the highest version that the phone has had, `now` is in seconds since 1970.
    pub(crate) fn open(
        &mut self,
        file: &ListFile,
        highest: u64,
        now: u64,
    ) -> (Option<Content>, Option<ListError>) {
        match self.read(file, highest, now) {
            Ok(content) => {
                self.good.insert(file.path.clone(), content.clone());
                (Some(content), None)
            }
            Err(error) => (self.good.get(&file.path).cloned(), Some(error)),
        }
    }

    /// Forgets what is not among these.
    pub(crate) fn keep(&mut self, files: &[ListFile]) {
        self.good
            .retain(|path, _| files.iter().any(|file| file.path == *path));
    }

    fn read(&self, file: &ListFile, highest: u64, now: u64) -> Result<Content, ListError> {
        let bytes = fs::read(&file.path)?;
        let manifest = match &file.manifest {
            Some(manifest) => Some(self.verify(file, manifest, &bytes, highest, now)?),
            None => None,
        };
        let is_compiled = bytes.starts_with(COMPILED);
        Ok(match (file.role, manifest) {
            (ListRole::Edition, None) => return Err(ListError::Unsigned),
            (ListRole::Edition, Some(_)) if !is_compiled => return Err(ListError::NotCompiled),
            (ListRole::Edition, Some(manifest)) => {
                Content::Edition(open_compiled(bytes, &file.path)?, manifest.version())
            }
            (ListRole::Block, _) if is_compiled => Content::Compiled(open_compiled(bytes, &file.path)?),
            (ListRole::Allow, _) if is_compiled => return Err(ListError::NotText),
            // Old hosts files carry comments in other encodings; names are ASCII, so the rest may be replaced.
            (ListRole::Block, _) => {
                let text = String::from_utf8_lossy(&bytes);
                let title = &file.title;
                let list = compiled::build(&[ListSource::Text { title, text: &text }])?;
                Content::Compiled(open_compiled(list, &file.path)?)
            }
            (ListRole::Allow, _) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                RulesBuilder::default().allow_list(&file.title, &text)?;
                Content::Allow(text)
            }
        })
    }

    fn verify(
        &self,
        file: &ListFile,
        manifest: &str,
        bytes: &[u8],
        highest: u64,
        now: u64,
    ) -> Result<Manifest, ListError> {
        let keys = self.keys.as_ref().ok_or(ListError::NoKey)?;
        let signature = read(&format!("{manifest}{SIGNATURE}"), LONGEST_SIGNATURE)?;
        let manifest = read(manifest, LONGEST_MANIFEST as u64 + 1)?;
        let offer = Offered::parse(keys, &manifest, &String::from_utf8_lossy(&signature))?;
        let version = offer.manifest().version();
        let manifest = match file.role {
            // It was taken when it was an offer; a list in force stays in force when its time is over.
            ListRole::Edition if version.number() == highest => offer.manifest().clone(),
            ListRole::Edition => offer.accept(seen(highest), now)?,
            // Other lists have versions of their own.
            ListRole::Block | ListRole::Allow => offer.accept(Seen::builtin(version), now)?,
        };
        let name = Path::new(&file.path).file_name().unwrap_or_default();
        manifest.check_file(&name.to_string_lossy(), bytes)?;
        Ok(manifest)
    }
}

/// The version of the list that is compiled in; 0 if its file holds none.
pub(crate) fn builtin_version() -> u64 {
    Version::parse(BUILTIN_VERSION.trim()).map_or(0, Version::number)
}

/// The highest version that this phone has had.
fn seen(highest: u64) -> Seen {
    let all = [builtin_version(), highest]
        .into_iter()
        .filter_map(|number| Version::new(number).ok());
    let highest = all.max();
    // Without any version the oldest of all stands for it.
    Seen::builtin(highest.unwrap_or_else(oldest))
}

fn oldest() -> Version {
    Version::new(1_970_010_100).unwrap_or_else(|_| unreachable!("the first day is a day"))
}

fn read(path: &str, most: u64) -> Result<Vec<u8>, ListError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a compiled list where its pages can be given back: in a mapped copy, which nobody can cut off underneath. Where the
/// file system knows no such files, on the heap.
fn open_compiled(bytes: Vec<u8>, path: &str) -> Result<Compiled, compiled::OpenError> {
    let folder = Path::new(path).parent().unwrap_or_else(|| Path::new("."));
    match Mapped::of(&bytes, folder) {
        Ok(mapped) => compiled::open(mapped),
        Err(_) => compiled::open(bytes),
    }
}

#[cfg(test)]
mod tests;
