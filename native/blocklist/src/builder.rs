//! From lists and the owner's settings to `Rules`.

use crate::Rules;

/// How much of the built-in list is in force; each contains the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Preset {
    /// The built-in list's rules are left out; essential and feature names stay.
    None,
    /// Rules with evidence beyond "listed" and no breakage found.
    NothingBreaks,
    /// Plus listed evidence, unknown and cosmetic breakage.
    #[default]
    Balanced,
    /// All shipped rules.
    Everything,
}

/// Why a list or a setting was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A line that is not a rule; says how to mend it.
    #[error("{list}:{line}: {mend}")]
    Line {
        /// The list's title, usually its file name.
        list: String,
        /// Line number, from 1.
        line: usize,
        /// What is wrong and how to mend it.
        mend: String,
    },
    /// A name on the command line that is not one.
    #[error("{name}: {mend}")]
    Name {
        /// As given.
        name: String,
        /// What is wrong and how to mend it.
        mend: String,
    },
    /// A feature that the built-in list does not know.
    #[error("no feature `{feature}`; known: {known}")]
    Feature {
        /// As given.
        feature: String,
        /// The known ones, joined by commas.
        known: String,
    },
}

/// Collects lists and the owner's settings; `build` reduces them to `Rules`.
#[derive(Debug, Default)]
pub struct RulesBuilder {}

impl RulesBuilder {
    /// Starts with the built-in list under a preset.
    pub fn new(preset: Preset) -> Self {
        let _ = preset;
        unimplemented!()
    }

    /// Adds a subscribed list: hosts lines, plain domains, or AdBlock syntax. Its `@@` lifts only its own blocks.
    pub fn list(self, title: &str, text: &str) -> Result<Self, BuildError> {
        let _ = (title, text);
        unimplemented!()
    }

    /// Adds a file as an allow list for all: each of its names is the owner's allow.
    pub fn allow_list(self, title: &str, text: &str) -> Result<Self, BuildError> {
        let _ = (title, text);
        unimplemented!()
    }

    /// The owner's allow: the name and its subdomains, or an address.
    pub fn allow(self, name: &str) -> Result<Self, BuildError> {
        let _ = name;
        unimplemented!()
    }

    /// The owner's block: the name and its subdomains, or an address.
    pub fn block(self, name: &str) -> Result<Self, BuildError> {
        let _ = name;
        unimplemented!()
    }

    /// Turns a feature's switch "I use ..." off.
    pub fn without_feature(self, feature: &str) -> Result<Self, BuildError> {
        let _ = feature;
        unimplemented!()
    }

    /// The rules.
    pub fn build(self) -> Rules {
        unimplemented!()
    }
}
