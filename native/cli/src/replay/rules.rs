//! From the arguments to the rules in force.

use std::fs;

use anyhow::Context as _;
use blocklist::{Rules, RulesBuilder};
use clap::ValueEnum;

use super::Args;

/// How much of the built-in list is in force; each contains the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Leave the built-in rules out; essential and feature names stay.
    None,
    /// Rules with evidence and no breakage found.
    NothingBreaks,
    /// Plus what others list, and unknown or cosmetic breakage.
    Balanced,
    /// All shipped rules.
    Everything,
}

impl From<Preset> for blocklist::Preset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::None => Self::None,
            Preset::NothingBreaks => Self::NothingBreaks,
            Preset::Balanced => Self::Balanced,
            Preset::Everything => Self::Everything,
        }
    }
}

pub(super) fn load(args: &Args) -> anyhow::Result<Rules> {
    let mut builder = RulesBuilder::new(args.preset.into());
    for path in &args.lists {
        let bytes = fs::read(path).with_context(|| format!("cannot read the list {}", path.display()))?;
        builder = builder.list(&path.to_string_lossy(), &String::from_utf8_lossy(&bytes))?;
    }
    for name in &args.allow {
        builder = builder.allow(name)?;
    }
    for name in &args.block {
        builder = builder.block(name)?;
    }
    Ok(builder.build())
}
