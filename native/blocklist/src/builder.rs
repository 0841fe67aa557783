//! From lists and the owner's settings to `Rules`.

use crate::address::{Addresses, Network};
use crate::builtin;
use crate::line::{Reach, Target, Tone};
use crate::matcher::{Matcher, Record};
use crate::name;
use crate::precedence::{MOST_LISTS, Tier};
use crate::punycode;
use crate::syntax::{Event, Plain, Syntax};
use crate::wildcard::Wildcards;
use crate::{Action, AppId, List, Rules, Skip};

/// How much of the built-in list is in force; each contains the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
    /// A list too many.
    #[error("{list}: one list too many; at most {most} fit, join some of them")]
    Lists {
        /// The list's title.
        list: String,
        /// How many fit.
        most: u16,
    },
}

/// The list of the owner's own rules.
const OWNER: u16 = 1;

/// Collects lists and the owner's settings; `build` reduces them to `Rules`.
#[derive(Debug)]
pub struct RulesBuilder {
    preset: Preset,
    /// The features whose switch is off, by index.
    off: Vec<u8>,
    /// Rules that are not built in, and their patterns.
    records: Vec<Record>,
    text: String,
    networks: Vec<(Network, u32)>,
    wildcards: Wildcards,
    apps: Vec<(u32, AppId)>,
    lists: Vec<List>,
    /// Whether all that is built in is left out.
    bare: bool,
}

impl Default for RulesBuilder {
    fn default() -> Self {
        Self::new(Preset::default())
    }
}

impl RulesBuilder {
    /// Starts with the built-in list under a preset.
    pub fn new(preset: Preset) -> Self {
        Self {
            preset,
            off: Vec::new(),
            records: Vec::new(),
            text: String::new(),
            networks: Vec::new(),
            wildcards: Wildcards::default(),
            apps: Vec::new(),
            lists: vec![List::new("Hushwall"), List::new("your own rules")],
            bare: false,
        }
    }

    /// Adds a subscribed list, in any `Syntax`. Its `@@` lifts only its own blocks.
    pub fn list(mut self, title: &str, text: &str) -> Result<Self, BuildError> {
        let list = self.add_list(title)?;
        self.lines(list, text, |tone| match tone {
            Tone::Block => Tier::Block,
            Tone::Important => Tier::Important,
            Tone::Except => Tier::Except,
            Tone::ImportantExcept => Tier::ImportantExcept,
        })?;
        Ok(self)
    }

    /// Adds a file as an allow list for all: each of its names is the owner's allow, whether it is written as a block
    /// or as `@@`.
    pub fn allow_list(mut self, title: &str, text: &str) -> Result<Self, BuildError> {
        let list = self.add_list(title)?;
        self.lines(list, text, |_| Tier::OwnerAllow)?;
        Ok(self)
    }

    /// The owner's allow: the name and its subdomains, or an address.
    pub fn allow(mut self, name: &str) -> Result<Self, BuildError> {
        self.owner_rule(name, Tier::OwnerAllow)?;
        Ok(self)
    }

    /// The owner's block: the name and its subdomains, or an address.
    pub fn block(mut self, name: &str) -> Result<Self, BuildError> {
        self.owner_rule(name, Tier::OwnerBlock)?;
        Ok(self)
    }

    /// The owner's rule for one app: the name and its subdomains, or an address.
    pub fn app_rule(mut self, app: AppId, name: &str, action: Action) -> Result<Self, BuildError> {
        let tier = match action {
            Action::Allow => Tier::AppAllow,
            Action::Block => Tier::AppBlock,
        };
        let rule = self.owner_rule(name, tier)?;
        self.apps.push((rule, app));
        Ok(self)
    }

    /// Leaves out all that is built in, essential and feature names too: for comparing lists alone, never for a phone.
    pub fn without_builtin(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Turns a feature's switch "I use ..." off.
    pub fn without_feature(mut self, feature: &str) -> Result<Self, BuildError> {
        let Some(index) = builtin::features().position(|(name, _)| name == feature) else {
            let known: Vec<&str> = builtin::features().map(|(name, _)| name).collect();
            return Err(BuildError::Feature {
                feature: feature.to_owned(),
                known: known.join(", "),
            });
        };
        self.off.extend(u8::try_from(index));
        Ok(self)
    }

    /// The rules.
    pub fn build(mut self) -> Rules {
        let mut records: Vec<Record> = Vec::with_capacity(builtin::RULES.len() + self.records.len());
        for (rule, index) in builtin::RULES.iter().zip(0u32..) {
            let (text, text_len) = rule.pattern.parts();
            let tier = if self.bare {
                Tier::Off
            } else {
                rule.tier(self.preset, |feature| self.off.contains(&feature))
            };
            let name_len = if rule.network.is_some() {
                0
            } else {
                u8::try_from(text_len).unwrap_or(0)
            };
            records.push(Record {
                text,
                text_len,
                list: 0,
                name_at: 0,
                name_len,
                reach: rule.reach,
                tier,
            });
            if let Some(network) = rule.network.filter(|_| tier != Tier::Off) {
                self.networks.push((network, index));
            }
            if let Some(list) = self.lists.first_mut().filter(|_| tier != Tier::Off) {
                list.rules += 1;
            }
        }
        records.append(&mut self.records);
        self.text.shrink_to_fit();
        Rules {
            matcher: Matcher::new(records, self.text),
            addresses: Addresses::new(self.networks),
            wildcards: self.wildcards,
            apps: self.apps.into(),
            lists: self.lists.into(),
        }
    }

    fn add_list(&mut self, title: &str) -> Result<u16, BuildError> {
        match u16::try_from(self.lists.len()) {
            Ok(list) if list < MOST_LISTS => {
                self.lists.push(List::new(title));
                Ok(list)
            }
            _ => Err(BuildError::Lists {
                list: title.to_owned(),
                most: MOST_LISTS - OWNER - 1,
            }),
        }
    }

    fn lines(&mut self, list: u16, text: &str, tier: fn(Tone) -> Tier) -> Result<(), BuildError> {
        let mut first_bad = None;
        Syntax::detect(text).read(text, Plain::default(), &mut |line, event| {
            let mend = match event {
                Event::Rule(pattern) => {
                    let pushed = self.push(pattern.text, pattern.target, list, tier(pattern.tone));
                    pushed.err()
                }
                Event::Skipped(skip, _) => {
                    let kind = Skip::ALL.iter().position(|kind| *kind == skip).unwrap_or(0);
                    let count = self.lists.get_mut(usize::from(list));
                    if let Some(count) = count.and_then(|list| list.skipped.get_mut(kind)) {
                        *count += 1;
                    }
                    None
                }
                Event::Bad(mend) => Some(mend),
            };
            if let Some(mend) = mend.filter(|_| first_bad.is_none()) {
                first_bad = Some((line, mend));
            }
        });
        let Some((line, mend)) = first_bad else {
            return Ok(());
        };
        let title = self.lists.get(usize::from(list)).map(|list| list.title.clone());
        Err(BuildError::Line {
            list: title.unwrap_or_default(),
            line,
            mend,
        })
    }

    fn owner_rule(&mut self, text: &str, tier: Tier) -> Result<u32, BuildError> {
        let error = |mend| BuildError::Name {
            name: text.to_owned(),
            mend,
        };
        let text = &*punycode::to_ascii(text.trim());
        let target = match Network::parse(text) {
            Some(network) => Target::Address(network.map_err(error)?),
            None => {
                let bare = name::without_trailing_dot(text.strip_prefix("*.").unwrap_or(text));
                name::check(bare).map_err(error)?;
                Target::Name(bare, Reach::Subdomains)
            }
        };
        self.push(text, target, OWNER, tier).map_err(error)
    }

    /// Adds a rule. Its name is a part of its pattern and is kept there.
    fn push(&mut self, pattern: &str, target: Target<'_>, list: u16, tier: Tier) -> Result<u32, String> {
        let too_big = || "there are more rules than fit".to_owned();
        let index = u32::try_from(builtin::RULES.len() + self.records.len()).map_err(|_| too_big())?;
        let target = match target {
            Target::Wildcard(wildcard) if !self.wildcards.push(&wildcard, index) => wildcard
                .whole_name()
                .map(|(name, reach)| Target::Name(name, reach))
                .ok_or("one wildcard too many; write whole names instead")?,
            target => target,
        };
        let text = u32::try_from(self.text.len() + pattern.len()).map_err(|_| too_big())?;
        let text_len = u16::try_from(pattern.len()).map_err(|_| "the rule is too long".to_owned())?;
        let (name, reach) = match target {
            Target::Name(name, reach) => (name, reach),
            Target::Address(_) | Target::Wildcard(_) => ("", Reach::Exact),
        };
        let name_at = pattern
            .find(name)
            .and_then(|at| u8::try_from(at).ok())
            .ok_or_else(too_big)?;
        let name_len = u8::try_from(name.len()).map_err(|_| too_big())?;
        self.records.push(Record {
            text: text - u32::from(text_len),
            text_len,
            list,
            name_at,
            name_len,
            reach,
            tier,
        });
        self.text.extend(pattern.chars().map(|c| c.to_ascii_lowercase()));
        if let Target::Address(network) = target {
            self.networks.push((network, index));
        }
        if let Some(list) = self.lists.get_mut(usize::from(list)) {
            list.rules += 1;
        }
        Ok(index)
    }
}
