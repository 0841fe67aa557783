//! The records that this program was built with, for those who have the program and not the repository.

use crate::Collection;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The records that this program was built with.
pub fn builtin() -> Collection {
    let files = FILES.iter();
    Collection::new(files.map(|(stem, text)| (format!("blocklists/{stem}.toml"), (*text).to_owned())))
}
