//! From lists and the owner's settings to `Rules`.

use std::ops::Range;

use crate::address::Network;
use crate::builtin;
use crate::compiled::Compiled;
use crate::image::{self, Role};
use crate::line::{Reach, Target, Tone};
use crate::precedence::MOST_LISTS;
use crate::reader::{self, PushError, Reader};
use crate::rules::{Layer, Trust};
use crate::wildcard::{Start, Wildcard, Wildcards};
use crate::{Action, AppId, List, Rules, name, punycode};

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
    /// More lines than a list may have are no rules; the first says how to mend it.
    #[error(
        "{list}:{line}: {mend} ({bad} of {lines} lines are no rules, and at most one in 100 is left out)"
    )]
    Line {
        /// The list's title, usually its file name.
        list: String,
        /// Line number, from 1.
        line: usize,
        /// What is wrong and how to mend it.
        mend: String,
        /// Lines that are no rules.
        bad: u32,
        /// All lines that hold something.
        lines: u32,
    },
    /// A list has more than fits.
    #[error("{list}:{line}: {mend}")]
    Full {
        /// The list's title, usually its file name.
        list: String,
        /// The first line for which there is no room, from 1.
        line: usize,
        /// How to mend it.
        mend: String,
    },
    /// Compiled lists have more wildcards together than a look-up can bear.
    #[error("{list}: more wildcards than fit, with those of the lists before it; leave one of the lists out")]
    Wildcards {
        /// The title of the list for which there is no room.
        list: String,
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
    /// Names that were chosen so that no key tells them apart quickly.
    #[error("the names collide under every key; that does not happen by chance, do not use this list")]
    Aimed,
}

/// A rule of the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRule<'a> {
    /// A name, an address or a network.
    pub name: &'a str,
    /// What of the name is meant.
    pub reach: Reach,
    /// Let it through, or not.
    pub action: Action,
    /// The app that it is for; `None` for all.
    pub app: Option<AppId>,
}

/// The list of the owner's own rules.
const OWNER: u8 = 1;

/// Collects lists and the owner's settings; `build` reduces them to `Rules`.
#[derive(Debug)]
pub struct RulesBuilder {
    preset: Preset,
    builtin: Compiled,
    /// The features whose switch is off.
    off: Vec<String>,
    /// Rules that come as text, and all lists.
    reader: Reader,
    apps: Vec<(u32, AppId)>,
    /// Compiled lists, which list the first of each is, and which wildcards are theirs.
    compiled: Vec<(Compiled, u16, Range<usize>)>,
    /// How many wildcards are the built-in list's.
    builtin_wildcards: usize,
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
        Self::with_builtin(builtin::list(), preset)
    }

    /// Starts with another edition of the built-in list. Its essential names bind every other list, so whoever takes
    /// one has verified who signed it.
    pub fn with_builtin(builtin: Compiled, preset: Preset) -> Self {
        let mut reader = Reader::default();
        for title in ["Hushwall", "your own rules"] {
            // Two of the many that fit.
            let _ = reader.begin(title, MOST_LISTS);
        }
        // Records hold no wildcards, and what is built from lists fits by itself.
        add_wildcards(&mut reader.wildcards, &builtin);
        Self {
            preset,
            builtin,
            builtin_wildcards: reader.wildcards.len(),
            off: Vec::new(),
            reader,
            apps: Vec::new(),
            compiled: Vec::new(),
            bare: false,
        }
    }

    /// Adds a subscribed list, in any `Syntax`. Its `@@` lifts only its own blocks.
    pub fn list(mut self, title: &str, text: &str) -> Result<Self, BuildError> {
        self.add_list(title, text, reader::role)?;
        Ok(self)
    }

    /// Adds a subscribed list that is compiled. What it calls essential is an exception of its own.
    pub fn compiled(mut self, list: Compiled) -> Result<Self, BuildError> {
        self.add_compiled(list)?;
        Ok(self)
    }

    /// As `compiled`; after an error all is as if the list had never been there.
    pub fn add_compiled(&mut self, list: Compiled) -> Result<(), BuildError> {
        let (first, wildcards_before) = (self.reader.draft.lists.len(), self.reader.wildcards.len());
        let lists = list.image.lists(list.bytes());
        let title = || lists.first().map_or("", |list| &list.title);
        if first + lists.len() > usize::from(MOST_LISTS) {
            return Err(too_many(title()));
        }
        if list.image.globs(list.bytes()).next().is_some() {
            let mut wildcards = self.reader.wildcards.clone();
            if !add_wildcards(&mut wildcards, &list) {
                let list = title().to_owned();
                return Err(BuildError::Wildcards { list });
            }
            self.reader.wildcards = wildcards;
        }
        let wildcards = wildcards_before..self.reader.wildcards.len();
        self.reader.draft.lists.extend(lists);
        self.compiled.push((list, first as u16, wildcards));
        Ok(())
    }

    /// Adds a file as an allow list for all: each of its names is the owner's allow, whether it is written as a block
    /// or as `@@`.
    pub fn allow_list(mut self, title: &str, text: &str) -> Result<Self, BuildError> {
        self.add_list(title, text, |_| Role::OwnerAllow)?;
        Ok(self)
    }

    /// The owner's allow: the name and its subdomains, or an address.
    pub fn allow(mut self, name: &str) -> Result<Self, BuildError> {
        self.owner_rule(name, Reach::Subdomains, Role::OwnerAllow)?;
        Ok(self)
    }

    /// The owner's block: the name and its subdomains, or an address.
    pub fn block(mut self, name: &str) -> Result<Self, BuildError> {
        self.owner_rule(name, Reach::Subdomains, Role::OwnerBlock)?;
        Ok(self)
    }

    /// A rule of the owner, for one app or for all: a name as far as it says, or an address.
    pub fn own_rule(mut self, rule: &OwnRule<'_>) -> Result<Self, BuildError> {
        let role = match (rule.app, rule.action) {
            (None, Action::Allow) => Role::OwnerAllow,
            (None, Action::Block) => Role::OwnerBlock,
            (Some(_), Action::Allow) => Role::AppAllow,
            (Some(_), Action::Block) => Role::AppBlock,
        };
        let number = self.owner_rule(rule.name, rule.reach, role)?;
        self.apps.extend(rule.app.map(|app| (number, app)));
        Ok(self)
    }

    /// The owner's rule for one app: the name and its subdomains, or an address.
    pub fn app_rule(mut self, app: AppId, name: &str, action: Action) -> Result<Self, BuildError> {
        let role = match action {
            Action::Allow => Role::AppAllow,
            Action::Block => Role::AppBlock,
        };
        let rule = self.owner_rule(name, Reach::Subdomains, role)?;
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
        if !self.builtin.features().any(|(name, _)| name == feature) {
            let known: Vec<&str> = self.builtin.features().map(|(name, _)| name).collect();
            return Err(BuildError::Feature {
                feature: feature.to_owned(),
                known: known.join(", "),
            });
        }
        self.off.push(feature.to_owned());
        Ok(self)
    }

    /// The rules.
    pub fn build(mut self) -> Rules {
        let is_off = |(index, (name, _)): (usize, (&str, &str))| {
            u32::from(self.off.iter().any(|off| off == name)) << (index & 31)
        };
        let off = self
            .builtin
            .features()
            .enumerate()
            .map(is_off)
            .fold(0, |all, one| all | one);
        let trust = match self.bare {
            true => Trust::Nobody,
            false => Trust::Builtin {
                preset: self.preset,
                off,
            },
        };
        let mut layers = vec![Layer::new(self.builtin, 0, 0, trust)];
        let mut next = layers.first().map_or(0, Layer::end);
        if let (Some(layer), Some(list)) = (layers.first(), self.reader.draft.lists.first_mut()) {
            list.rules = layer.in_force();
        }
        let lists = std::mem::take(&mut self.reader.draft.lists);
        let mut apps = self.apps;
        let (mut first_own, mut own_numbers) = (0, Vec::new());
        if !self.reader.draft.rules.is_empty() {
            let emitted = image::emit(&self.reader.draft);
            for (rule, _) in &mut apps {
                let new = emitted.rules.get(*rule as usize).copied();
                *rule = new.map_or(u32::MAX, |new| next.saturating_add(new));
            }
            let own = Layer::new(Compiled::trusted(emitted.bytes), next, 0, Trust::Owner);
            (first_own, own_numbers) = (next, emitted.rules);
            next = own.end();
            layers.push(own);
        }
        let mut ranges = vec![(0..self.builtin_wildcards, 0)];
        for (list, first, wildcards) in self.compiled {
            let layer = Layer::new(list, next, first, Trust::List);
            ranges.push((wildcards, next));
            next = layer.end();
            layers.push(layer);
        }
        let mut wildcards = self.reader.wildcards;
        wildcards.renumber(|at, rule| {
            let compiled = ranges.iter().find(|(range, _)| range.contains(&at));
            let (first, rule) = match compiled {
                Some((_, first)) => (*first, Some(rule)),
                None => (first_own, own_numbers.get(rule as usize).copied()),
            };
            rule.map_or(u32::MAX, |rule| first.saturating_add(rule))
        });
        apps.sort_unstable();
        Rules {
            wildcards,
            layers: layers.into(),
            apps: apps.into(),
            lists: lists.into_iter().map(List::from).collect(),
        }
    }

    fn add_list(&mut self, title: &str, text: &str, role: fn(Tone) -> Role) -> Result<(), BuildError> {
        let list = self
            .reader
            .begin(title, MOST_LISTS)
            .map_err(|_| too_many(title))?;
        self.reader.read(list, text, role)
    }

    fn owner_rule(&mut self, text: &str, reach: Reach, role: Role) -> Result<u32, BuildError> {
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
                Target::Name(bare, reach)
            }
        };
        let pushed = self.reader.push(text, target, OWNER, role);
        pushed.map_err(|full: PushError| error(full.mend().to_owned()))
    }
}

fn too_many(title: &str) -> BuildError {
    BuildError::Lists {
        list: title.to_owned(),
        most: MOST_LISTS - u16::from(OWNER) - 1,
    }
}

/// Adds the wildcards of a compiled list, each with its number there; `false` where there is no room for one.
fn add_wildcards(wildcards: &mut Wildcards, list: &Compiled) -> bool {
    list.image.globs(list.bytes()).all(|(rule, glob, body)| {
        let start = Start::from_code(glob.start);
        let wildcard = start.and_then(|start| Wildcard::new(start, body, glob.ended));
        // One that means nothing was never written by this program.
        wildcard.is_none_or(|wildcard| wildcards.push(&wildcard, rule))
    })
}
