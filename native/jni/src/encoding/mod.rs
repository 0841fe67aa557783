//! Bytes between Kotlin and Rust: `ENCODING.md` has the form, `tests/fixtures/bridge` the same files for both sides.

mod event;
mod lists;
mod network;
mod reader;
mod settings;
mod snapshot;
mod writer;

pub use event::emit_events;
pub use lists::parse_lists;
pub use network::parse_network;
pub use reader::DecodeError;
pub use settings::parse_settings;
pub use snapshot::emit_snapshot;

/// The version that both sides speak; they travel in one APK, so there is never another.
pub const VERSION: u8 = 2;

/// The first byte of each kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Settings = b'S',
    Network = b'N',
    Lists = b'L',
    Events = b'E',
    Snapshot = b'C',
}

#[cfg(test)]
mod tests;
