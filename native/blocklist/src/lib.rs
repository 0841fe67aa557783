//! Names and rules: parse, reduce, match. No packets, no clock, no files on the match path.

mod address;
mod builder;
mod builtin;
mod line;
mod matcher;
mod name;
mod precedence;
mod punycode;
mod rules;
mod verdict;

pub use builder::{BuildError, Preset, RulesBuilder};
pub use line::Skip;
pub use rules::{List, Rule, Rules};
pub use verdict::{Action, AppId, Because, ListId, Reply, RuleId, Verdict};
