//! The records of `blocklists/*.toml`: their form, what makes them well-formed, and which rules and presets follow from
//! them. Read by the build of the compiled-in list and by the tools for people, so that both mean the same. No files,
//! no matching.

mod endpoint;
mod form;
mod mend;
mod name;
mod package;
mod problem;
mod record;

pub use form::{
    Breakage, Breaks, Class, Confidence, Endpoint, Feature, File, Function, Kind, Package, Reach, Record,
    Reply, ReplyKind, Role, Source, Speech, Status, Tunnel, Word,
};
pub use problem::{Problem, line_of};
pub use record::{Kept, Preset, Rule};
