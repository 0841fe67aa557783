//! Bytes that are mapped from a file without a name, and so are nobody's own memory: the system gives their pages back
//! when memory is short, and reads them again when they are asked for.
//!
//! A copy is mapped and not the file that the bytes came from. Who touches a mapping behind the end of its file gets
//! SIGBUS, so a list that somebody truncates or overwrites in place (`cp`, an editor) while it is in force would end the
//! firewall; replacing files by renaming only is a rule that the owner of a machine cannot be held to. A sealed memfd
//! would be as safe, but its pages are memory that only swap takes back, as if nothing had been mapped.
#![expect(
    unsafe_code,
    reason = "what becomes of a mapped file is beyond what the compiler knows"
)]

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use memmap2::Mmap;

/// Bytes that are read from a mapping.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
}

impl Mapped {
    /// Puts bytes into a file without a name, beside those in `folder`, and maps it. A folder on a disk: in a tmpfs nothing
    /// is won. An error where its file system knows no such files; the bytes can still be used as they are.
    pub fn of(bytes: &[u8], folder: &Path) -> io::Result<Self> {
        // O_EXCL: it never gets a name (open(2)), so nobody else opens it.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .mode(0o600)
            .custom_flags(libc::O_TMPFILE | libc::O_EXCL)
            .open(folder)?;
        file.write_all(bytes)?;
        // Until they are on the disk the pages cannot be given back.
        file.sync_data()?;
        // SAFETY: the file has no name and its one descriptor is closed below, so nobody writes or truncates it while it is
        // mapped.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self { map })
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}
