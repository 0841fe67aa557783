//! One compiled list among the rules in force, and how much it may say.

use crate::Preset;
use crate::compiled::Compiled;
use crate::image::{Record, Role, Stage};
use crate::precedence::Tier;

/// Who a list comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust {
    /// It is the built-in list: preset and switches (bit n: feature n is off) decide what is in force.
    Builtin { preset: Preset, off: u32 },
    /// What came as text was read here.
    Owner,
    /// Nothing of it counts.
    Nobody,
    /// A subscribed list, which can only block, and lift its own blocks.
    List,
}

/// A compiled list, and the numbers under which its rules and lists are known outside.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) list: Compiled,
    pub(crate) first_rule: u32,
    pub(crate) first_list: u16,
    trust: Trust,
}

impl Layer {
    pub(crate) const fn new(list: Compiled, first_rule: u32, first_list: u16, trust: Trust) -> Self {
        Self {
            list,
            first_rule,
            first_list,
            trust,
        }
    }

    /// The number behind the last rule.
    pub(crate) fn end(&self) -> u32 {
        self.first_rule.saturating_add(self.list.image.rules)
    }

    /// What a role counts as.
    pub(crate) fn tier(&self, role: Role) -> Tier {
        match (self.trust, role) {
            (Trust::Nobody, _) => Tier::Off,
            (_, Role::ImportantExcept) => Tier::ImportantExcept,
            (_, Role::Important) => Tier::Important,
            (_, Role::Except) | (Trust::List, Role::Essential | Role::Feature(..)) => Tier::Except,
            (Trust::Builtin { preset, off }, Role::Feature(feature, stage)) => {
                if off >> (feature & 31) & 1 == 0 {
                    Tier::Feature
                } else {
                    block_from(stage, preset)
                }
            }
            (Trust::Builtin { preset, .. }, Role::Block(stage)) => block_from(stage, preset),
            (Trust::Builtin { .. }, Role::Essential) => Tier::Essential,
            (Trust::Owner | Trust::List, Role::Block(_)) => Tier::Block,
            (Trust::Owner, Role::OwnerAllow) => Tier::OwnerAllow,
            (Trust::Owner, Role::OwnerBlock) => Tier::OwnerBlock,
            (Trust::Owner, Role::AppAllow) => Tier::AppAllow,
            (Trust::Owner, Role::AppBlock) => Tier::AppBlock,
            // What only the owner may say, said by a list.
            _ => Tier::Off,
        }
    }

    pub(crate) fn is_for_app(&self, record: Record) -> bool {
        matches!(self.tier(record.role), Tier::AppAllow | Tier::AppBlock)
    }

    /// Number of rules in force.
    pub(crate) fn in_force(&self) -> u32 {
        match self.trust {
            Trust::Builtin { .. } => {}
            Trust::Nobody => return 0,
            Trust::Owner | Trust::List => return self.list.image.rules,
        }
        let mut count = 0;
        self.list.image.records(self.list.bytes(), &mut |_, record, _| {
            count += u32::from(self.tier(record.role) != Tier::Off);
        });
        count
    }
}

fn block_from(stage: Stage, preset: Preset) -> Tier {
    let is_in_force = match stage {
        Stage::Always => true,
        Stage::NothingBreaks => preset >= Preset::NothingBreaks,
        Stage::Balanced => preset >= Preset::Balanced,
        Stage::Everything => preset >= Preset::Everything,
    };
    if is_in_force { Tier::Block } else { Tier::Off }
}
