//! The engine inside an Android app: a handful of exports, each a few lines around a plain function.
//!
//! A session is known by its number, never by a pointer. Settings and events cross as bytes (`ENCODING.md`), errors and
//! panics as one Java exception. Everything below `exports` is tested without a virtual machine.

mod clock;
pub mod descriptor;
pub mod encoding;
mod error;
pub mod event;
mod exports;
pub mod log;
mod policy;
pub mod registry;
mod rules;
mod session;
pub mod settings;
mod shelf;
mod snapshot;
mod stamp;
mod storm;
mod teller;

pub use error::{BridgeError, code};
pub use session::Session;
pub use snapshot::Snapshot;
