//! Names and rules: parse, reduce, match. No packets, no clock, no files on the match path.

mod builder;
mod builtin;
mod rules;
mod verdict;

pub use builder::{BuildError, Preset, RulesBuilder};
pub use rules::{Rule, Rules};
pub use verdict::{Action, AppId, Because, ListId, Reply, RuleId, Verdict};
