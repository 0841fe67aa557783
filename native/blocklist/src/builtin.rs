//! The built-in list, compiled in: tables of numbers and one text, made by the build script from `blocklists/*.toml`.
//! Nothing of it is copied to the heap but an index of a few bytes a rule.

use crate::address::Network;
use crate::line::Reach;
use crate::precedence::Tier;
use crate::{Preset, Reply};

/// A piece of `TEXT`: where it begins and how long it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(u32, u16);

impl Span {
    fn get(self) -> &'static str {
        let start = self.0 as usize;
        TEXT.get(start..start + usize::from(self.1)).unwrap_or("")
    }

    /// Where it begins, and its length.
    pub(crate) const fn parts(self) -> (u32, u16) {
        (self.0, self.1)
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Blocked from this preset on.
    Block(Preset),
    /// No list blocks it.
    Essential,
    /// Allowed while the switch of the feature (an index into `FEATURES`) is on, else blocked from this preset on.
    Feature(u8, Preset),
}

/// One rule of the built-in list.
#[derive(Debug)]
pub(crate) struct BuiltinRule {
    id: Span,
    pub(crate) pattern: Span,
    what: Span,
    pub(crate) reach: Reach,
    pub(crate) role: Role,
    /// The address or network; `None` for a rule on a name.
    pub(crate) network: Option<Network>,
    pub(crate) reply: Option<Reply>,
}

impl BuiltinRule {
    pub(crate) fn id(&self) -> &'static str {
        self.id.get()
    }

    pub(crate) fn what(&self) -> &'static str {
        self.what.get()
    }

    /// What the rule counts as under a preset, with the switches that are off.
    pub(crate) fn tier(&self, preset: Preset, is_off: impl Fn(u8) -> bool) -> Tier {
        match self.role {
            Role::Essential => Tier::Essential,
            Role::Feature(feature, _) if !is_off(feature) => Tier::Feature,
            Role::Block(from) | Role::Feature(_, from) if preset >= from => Tier::Block,
            Role::Block(_) | Role::Feature(..) => Tier::Off,
        }
    }
}

/// Names of the features and a sentence about each.
pub(crate) fn features() -> impl Iterator<Item = (&'static str, &'static str)> {
    FEATURES.iter().map(|(name, what)| (name.get(), what.get()))
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
