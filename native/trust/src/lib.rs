//! Whether an offered list may come into force: signature, version, expiry and hashes. Bytes and the time are arguments;
//! files, clocks and the network are the caller's. The phone and `hushwall lists verify` both decide here.
//!
//! What is signed (minisign, prehashed) is the manifest, a text that names the version, the day of expiry, and a hash of
//! each file. So a signature cannot be moved to another version, and a file cannot be exchanged for an older one.

mod day;
mod keys;
mod manifest;
mod offer;
mod version;

pub use day::Day;
pub use keys::{KeyError, Keys, SignatureError, Signer};
pub use manifest::{FileEntry, FileError, LONGEST_MANIFEST, Manifest, ManifestError, Sha256};
pub use offer::{Age, OfferError, Offered, Seen};
pub use version::{Version, VersionError};

#[cfg(test)]
mod tests;
