//! The built-in list, compiled in: a compiled list that the build script makes from `blocklists/*.toml`. It stays where
//! the program file is mapped; nothing of it is copied to the heap.

use crate::compiled::Compiled;
use crate::image::Image;

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/builtin.list"));

/// The list. It was compiled with this program, so only its header is read.
pub(crate) fn list() -> Compiled {
    Compiled::trusted(BYTES)
}

/// Names of the features and a sentence about each.
pub(crate) fn features() -> impl Iterator<Item = (&'static str, &'static str)> {
    let image = Image::read(BYTES).ok();
    image.into_iter().flat_map(|image| image.features(BYTES))
}
