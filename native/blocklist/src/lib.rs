//! Names and rules: parse, reduce, match. No packets, no clock, no files on the match path.

mod address;
mod builder;
mod builtin;
pub mod compiled;
mod endpoint;
mod image;
mod line;
mod name;
mod precedence;
mod punycode;
mod reader;
mod rules;
mod syntax;
mod verdict;
mod wildcard;

pub use address::Network;
pub use builder::{BuildError, OwnRule, Preset, RulesBuilder};
pub use endpoint::{Endpoint, Speech};
pub use line::{Pattern, Reach, Skip, Target, Tone};
pub use name::is_name;
pub use rules::{List, Rule, Rules};
pub use syntax::{Event, Plain, Syntax};
pub use verdict::{Action, AppId, Because, ListId, Reply, RuleId, Verdict};
pub use wildcard::Wildcard;
