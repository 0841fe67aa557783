//! The signed text: version, expiry, and a hash for each file.

use std::fmt::{self, Write as _};

use sha2::Digest as _;

use crate::{Day, Version};

/// The first line; another form of manifest has another number, and no other signed text of ours begins so.
const FIRST_LINE: &str = "hushwall-list 1";

/// Longest manifest that is read, in bytes.
pub const LONGEST_MANIFEST: usize = 16 * 1024;

/// Most files that a manifest names, and the longest name of one.
const MOST_FILES: usize = 64;
const LONGEST_NAME: usize = 64;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

/// A file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name, without a folder.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// The hash of its bytes.
    pub hash: Sha256,
}

/// What is signed: which version of the list, until when it may be offered, and which files it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    version: Version,
    expires: Day,
    files: Vec<FileEntry>,
}

/// Why bytes are no manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Longer than any manifest.
    #[error("longer than a manifest can be")]
    TooLong,
    /// Another kind of text, or a form that this program does not know.
    #[error("not a manifest of a list, or of a newer form than this program knows")]
    Form,
    /// Bytes are missing at its end.
    #[error("the last line is cut off")]
    CutOff,
    /// A line that does not belong there.
    #[error("line {line} is not what belongs there")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// No file, or more than fit.
    #[error("names no file, or too many")]
    Files,
    /// It expires before it was built.
    #[error("expires before the day of its version")]
    Expiry,
}

/// Why a file is not the one that was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The manifest does not name it.
    #[error("`{name}` is not in the manifest")]
    Unknown {
        /// As asked.
        name: String,
    },
    /// Too short or too long.
    #[error("`{name}` has {found} bytes and was signed with {signed}")]
    Length {
        /// Which.
        name: String,
        /// As signed.
        signed: u64,
        /// As it is.
        found: u64,
    },
    /// Other bytes of the same number.
    #[error("`{name}` was changed after it was signed")]
    Hash {
        /// Which.
        name: String,
    },
}

impl Manifest {
    /// A manifest of these files, given as name and bytes.
    pub fn new<'a>(
        version: Version,
        expires: Day,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, ManifestError> {
        let mut files: Vec<FileEntry> = files
            .into_iter()
            .map(|(name, bytes)| FileEntry::new(name, bytes))
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = Self {
            version,
            expires,
            files,
        };
        // What was made is what is read: one reader decides what a manifest may hold.
        Self::parse(manifest.to_string().as_bytes())
    }

    /// Reads a manifest. There is one way to write each, so equal manifests are equal bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > LONGEST_MANIFEST {
            return Err(ManifestError::TooLong);
        }
        let text = str::from_utf8(bytes).map_err(|_| ManifestError::Form)?;
        let text = text
            .strip_prefix(FIRST_LINE)
            .and_then(|rest| rest.strip_prefix('\n'));
        let body = text.ok_or(ManifestError::Form)?;
        let body = body.strip_suffix('\n').ok_or(ManifestError::CutOff)?;
        let mut lines = body.split('\n').zip(2..);
        let mut field = |key: &str, line: usize| {
            let value = lines.next().and_then(|(text, _)| text.strip_prefix(key));
            value.ok_or(ManifestError::Line { line })
        };
        let version = Version::parse(field("version ", 2)?).map_err(|_| ManifestError::Line { line: 2 })?;
        let expires = Day::parse(field("expires ", 3)?).ok_or(ManifestError::Line { line: 3 })?;
        let mut files: Vec<FileEntry> = Vec::new();
        for (text, line) in lines {
            let file = FileEntry::parse(text).ok_or(ManifestError::Line { line })?;
            if files.last().is_some_and(|before| before.name >= file.name) {
                return Err(ManifestError::Line { line });
            }
            files.push(file);
        }
        if files.is_empty() || files.len() > MOST_FILES {
            return Err(ManifestError::Files);
        }
        if expires < version.built() {
            return Err(ManifestError::Expiry);
        }
        Ok(Self {
            version,
            expires,
            files,
        })
    }

    /// Which version of the list it is.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The last day on which it may be offered.
    pub const fn expires(&self) -> Day {
        self.expires
    }

    /// The files, by name.
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// Checks that a file is the one that was signed.
    pub fn check_file(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let name_of = || name.to_owned();
        let Some(entry) = self.files.iter().find(|entry| entry.name == name) else {
            return Err(FileError::Unknown { name: name_of() });
        };
        let found = bytes.len() as u64;
        if entry.length != found {
            return Err(FileError::Length {
                name: name_of(),
                signed: entry.length,
                found,
            });
        }
        if entry.hash != Sha256::of(bytes) {
            return Err(FileError::Hash { name: name_of() });
        }
        Ok(())
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{FIRST_LINE}\nversion {}\nexpires {}",
            self.version, self.expires
        )?;
        for FileEntry { name, length, hash } in &self.files {
            writeln!(f, "sha256 {hash} {length} {name}")?;
        }
        Ok(())
    }
}

impl FileEntry {
    fn new(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            length: bytes.len() as u64,
            hash: Sha256::of(bytes),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("sha256 ")?.split(' ');
        let hash = Sha256::parse(words.next()?)?;
        let digits = words.next()?;
        let length: u64 = digits.parse().ok()?;
        let name = words.next()?;
        let one_spelling = digits == length.to_string() && words.next().is_none();
        (one_spelling && is_file_name(name)).then(|| Self {
            name: name.to_owned(),
            length,
            hash,
        })
    }
}

/// A name that stays in its folder on every system.
fn is_file_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && !name.starts_with(['.', '-'])
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

impl Sha256 {
    /// The hash of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = pair else { return None };
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
