//! The compiled form of a list: bytes in, bytes out, described in `blocklists/COMPILED.md`. The build script compiles the
//! built-in list with the same code, so nothing here knows the rest of the crate.

mod bucket;
mod checksum;
mod draft;
mod emit;
mod filter;
mod fold;
mod format;
mod hash;
mod look_up;
mod order;
mod read;

pub(crate) use bucket::Record;
pub(crate) use draft::{Detail, Draft, ListDraft, Target};
pub(crate) use emit::emit;
pub use format::Reach;
pub(crate) use format::{Glob, Network, Role, Stage};
pub(crate) use read::Image;
pub use read::OpenError;

/// Gives changed bytes a right checksum.
#[cfg(test)]
pub(crate) fn reseal(bytes: &mut [u8]) {
    let sum = checksum::checksum(&bytes[format::at::LENGTH..]);
    bytes[format::at::CHECKSUM..][..8].copy_from_slice(&sum.to_le_bytes());
}
