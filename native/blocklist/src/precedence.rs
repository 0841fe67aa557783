//! Which rule wins: the one place where precedence is decided.
//!
//! A name (or an address) can meet many rules. The first line of this table that has one decides:
//!
//! | | who | what happens |
//! |---|---|---|
//! | 1 | the owner's rule for this app | as it says; of several the most specific |
//! | 2 | the owner's allow | let through |
//! | 3 | the owner's block | refused |
//! | 4 | an essential name (updates, unlocking, account, Find Device, activation, connectivity, security definitions, withdrawal of consent) | let through; no list blocks it |
//! | 5 | a feature name whose switch "I use ..." is on | let through |
//! | 6 | a rule of the built-in list (by preset) or of a subscribed list | refused |
//! | 7 | nothing | let through |
//!
//! Each list is reduced to one verdict by its own syntax before it counts in line 6: `@@` marked `$important` beats a block
//! marked so, which beats `@@`, and `@@` beats a block. So `@@` lifts only the blocks of its own list.

use crate::{Action, AppId, Because, RuleId, Verdict};

/// What a rule counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Tier {
    AppAllow,
    AppBlock,
    OwnerAllow,
    OwnerBlock,
    Essential,
    Feature,
    /// A list's block marked `$important`.
    Important,
    /// A list's `@@` with `$important`.
    ImportantExcept,
    /// A list's `@@`.
    Except,
    /// A list's block.
    Block,
    /// Not in force.
    Off,
}

/// A rule that meets what is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) rule: u32,
    pub(crate) tier: Tier,
    /// The list's index, below `MOST_LISTS`.
    pub(crate) list: u16,
    /// The app that the rule is for; only with the two app tiers.
    pub(crate) app: Option<AppId>,
}

/// Lists at most: each has a bit.
pub(crate) const MOST_LISTS: u16 = 64;

/// The best rule of each line of the table, and the lists' own words.
#[derive(Debug, Default)]
struct Tally {
    app: Option<(u32, Action)>,
    owner_allow: Option<u32>,
    owner_block: Option<u32>,
    essential: Option<u32>,
    feature: Option<u32>,
    important: Lists,
    /// The lists whose `@@` is marked `$important`.
    important_except: u64,
    except: Lists,
    block: Lists,
}

/// The lists that say the same, and the rule of the first of them.
#[derive(Debug, Default)]
struct Lists {
    all: u64,
    rule: u32,
}

impl Lists {
    fn count(&mut self, hit: Hit) {
        let list = 1u64.checked_shl(u32::from(hit.list)).unwrap_or(0);
        // No list before this one: the rule is the first list's, and a later one of it is more specific.
        if self.all & list.wrapping_sub(1) == 0 {
            self.rule = hit.rule;
        }
        self.all |= list;
    }

    /// The rule of a list, where it is the first.
    fn rule_of(&self, list: u32) -> Option<u32> {
        (self.all.trailing_zeros() == list).then_some(self.rule)
    }
}

impl Tally {
    fn count(&mut self, hit: Hit, app: Option<AppId>) {
        let for_app = app.is_some() && hit.app == app;
        match hit.tier {
            Tier::AppAllow if for_app => self.app = Some((hit.rule, Action::Allow)),
            Tier::AppBlock if for_app => self.app = Some((hit.rule, Action::Block)),
            Tier::OwnerAllow => self.owner_allow = Some(hit.rule),
            Tier::OwnerBlock => self.owner_block = Some(hit.rule),
            Tier::Essential => self.essential = Some(hit.rule),
            Tier::Feature => self.feature = Some(hit.rule),
            Tier::Important => self.important.count(hit),
            Tier::ImportantExcept => {
                self.important_except |= 1u64.checked_shl(u32::from(hit.list)).unwrap_or(0);
                self.except.count(hit);
            }
            Tier::Except => self.except.count(hit),
            Tier::Block => self.block.count(hit),
            Tier::AppAllow | Tier::AppBlock | Tier::Off => {}
        }
    }
}

/// Decides by the table above. `hits` visits the rules that meet what is judged, from the widest to the most specific;
/// it is called a second time where lists differ, to find the rule of the one that decides.
pub(crate) fn decide(app: Option<AppId>, hits: impl Fn(&mut dyn FnMut(Hit))) -> Verdict {
    let mut tally = Tally::default();
    hits(&mut |hit| tally.count(hit, app));
    let verdict = |action, because: fn(RuleId) -> Because, rule| Verdict {
        action,
        because: because(RuleId(rule)),
        reply: None,
    };
    if let Some((rule, action)) = tally.app {
        return verdict(action, Because::AppRule, rule);
    }
    if let Some(rule) = tally.owner_allow {
        return verdict(Action::Allow, Because::OwnerAllow, rule);
    }
    if let Some(rule) = tally.owner_block {
        return verdict(Action::Block, Because::OwnerBlock, rule);
    }
    if let Some(rule) = tally.essential {
        return verdict(Action::Allow, Because::Essential, rule);
    }
    if let Some(rule) = tally.feature {
        return verdict(Action::Allow, Because::Feature, rule);
    }
    let important = tally.important.all & !tally.important_except;
    let blocking = important | (tally.block.all & !tally.except.all);
    let (lists, action) = if blocking != 0 {
        (blocking, Action::Block)
    } else {
        (tally.except.all, Action::Allow)
    };
    if lists == 0 {
        return Verdict::NO_RULE;
    }
    // The list added first speaks for all that agree.
    let list = lists.trailing_zeros();
    let (tier, said) = match action {
        Action::Allow => (Tier::Except, &tally.except),
        Action::Block if important & (1 << list) != 0 => (Tier::Important, &tally.important),
        Action::Block => (Tier::Block, &tally.block),
    };
    let rule = said.rule_of(list).or_else(|| rule_of(list, tier, hits));
    rule.map_or(Verdict::NO_RULE, |rule| verdict(action, Because::List, rule))
}

/// Looks for a list's most specific rule; needed only where a list before it was lifted by its own `@@`.
fn rule_of(list: u32, tier: Tier, hits: impl Fn(&mut dyn FnMut(Hit))) -> Option<u32> {
    let mut rule = None;
    hits(&mut |hit| {
        let says = match hit.tier {
            Tier::ImportantExcept => Tier::Except,
            other => other,
        };
        if u32::from(hit.list) == list && says == tier {
            rule = Some(hit.rule);
        }
    });
    rule
}

#[cfg(test)]
mod tests;
