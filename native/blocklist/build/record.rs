//! The records of a file, checked, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::form::{Breakage, Breaks, Class, File, Function, Kind, Reach, Record, Reply, Role, Status, Word};

/// The lowest preset that a rule is in force under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Preset {
    NothingBreaks,
    Balanced,
    Everything,
}

/// What a checked rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Block(Preset),
    Essential,
    Feature(String, Preset),
}

/// A checked rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) pattern: String,
    pub(crate) reach: Reach,
    /// Address, prefix length and port (0 for any), for a rule on addresses.
    pub(crate) network: Option<(IpAddr, u8, u16)>,
    pub(crate) what: String,
    pub(crate) kept: Kept,
    pub(crate) reply: Option<Reply>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) rules: Vec<Rule>,
    pub(crate) features: BTreeMap<String, String>,
}

/// Reads a file's text; an error says what to mend.
pub(crate) fn read(stem: &str, text: &str) -> Result<Read, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.schema != 1 {
        return Err(format!("schema {} is not known; write `schema = 1`", file.schema));
    }
    for (key, source) in &file.source {
        if !source.url.starts_with("https://") {
            return Err(format!(
                "source `{key}`: a reader must be able to open it; write an https:// address"
            ));
        }
    }
    let mut rules = Vec::new();
    for record in &file.rule {
        let at = |mend: String| format!("rule `{}`: {mend}", record.id);
        record.check(&file).map_err(at)?;
        if record.status == Status::Shipped {
            rules.extend(record.rules(stem, &file).map_err(at)?);
        }
    }
    let features = file
        .feature
        .into_iter()
        .map(|(name, feature)| (name, feature.what))
        .collect();
    Ok(Read { rules, features })
}

impl Record {
    fn check(&self, file: &File) -> Result<(), String> {
        let targets = [
            self.name.is_some(),
            !self.names.is_empty(),
            self.address.is_some(),
            !self.addresses.is_empty(),
        ];
        if targets.iter().filter(|given| **given).count() != 1 {
            return Err("write one of `name`, `names`, `address`, `addresses`".into());
        }
        let on_name = self.name.is_some() || !self.names.is_empty();
        if on_name != self.reach.is_some() {
            return Err(
                "a name says `match = \"exact\"` or `match = \"subdomains\"`; an address says neither".into(),
            );
        }
        let known = |key: &String| file.source.contains_key(key);
        let cited = match &self.breaks {
            Some(Breaks::Known(known)) => known
                .iter()
                .flat_map(|b| b.sources.iter().chain(&b.counter))
                .collect(),
            _ => Vec::new(),
        };
        if let Some(key) = self.evidence.iter().chain(cited).find(|key| !known(key)) {
            return Err(format!(
                "source `{key}` is not in this file; add `[source.{key}]` with kind and url"
            ));
        }
        let doubt_suffices = file.role == Role::Essential && self.note.is_some();
        let needs_evidence = self.status == Status::Shipped && self.function(file) != Some(Function::Canary);
        if needs_evidence && self.evidence.is_empty() && !doubt_suffices {
            return Err("a shipped rule has evidence; add a source, or write `status = \"lead\"`".into());
        }
        if self.status == Status::Lead && self.note.is_none() {
            return Err("a lead says in its `note` what evidence is wanted".into());
        }
        if self.status == Status::Shipped && file.role == Role::Block && !self.is_backed(file) {
            return Err(
                "two lists of different lineage, or evidence of another kind, ship a rule; add one".into(),
            );
        }
        match file.role {
            Role::Block if self.sends.is_none() => Err("say what the name `sends`".into()),
            Role::Block if self.function(file).is_none() => {
                Err("say the `function`, here or for the file".into())
            }
            Role::Block if self.breaks.is_none() => {
                Err("say what it `breaks`: \"none\", \"unknown\" or a list".into())
            }
            Role::Essential | Role::Feature if self.why.is_none() => {
                Err("say `why` it is not blocked".into())
            }
            Role::Feature
                if !self
                    .feature
                    .as_ref()
                    .is_some_and(|name| file.feature.contains_key(name)) =>
            {
                Err("write the `feature`, one of those that the file defines as `[feature.NAME]`".into())
            }
            _ => Ok(()),
        }
    }

    fn function(&self, file: &File) -> Option<Function> {
        self.function.or(file.function)
    }

    /// Whether some evidence is more than a list, or two lists know the name independently.
    fn is_backed(&self, file: &File) -> bool {
        let sources = || self.evidence.iter().filter_map(|key| file.source.get(key));
        let lists: BTreeSet<_> = sources()
            .filter(|s| s.kind == Kind::Listed)
            .map(|s| &s.lineage)
            .collect();
        self.function(file) == Some(Function::Canary)
            || sources().any(|source| source.kind != Kind::Listed)
            || lists.len() > 1
    }

    /// The rules of a record: one, or one a sibling, an address and a port.
    fn rules(&self, stem: &str, file: &File) -> Result<Vec<Rule>, String> {
        let kept = match file.role {
            Role::Block => Kept::Block(self.preset(file)),
            Role::Essential => Kept::Essential,
            // Switched off, the feature's own breakage does not count: the owner does not use it.
            Role::Feature => Kept::Feature(self.feature.clone().unwrap_or_default(), Preset::Balanced),
        };
        let what = self
            .sends
            .as_ref()
            .or(self.why.as_ref())
            .cloned()
            .unwrap_or_default();
        let single = [(String::new(), &self.name), (String::new(), &self.address)];
        let single = single
            .into_iter()
            .filter_map(|(key, target)| target.clone().map(|target| (key, target)));
        let family = self
            .names
            .iter()
            .chain(&self.addresses)
            .map(|(key, target)| (key.clone(), target.clone()));
        let mut rules = Vec::new();
        for (key, pattern) in single.chain(family) {
            let id = if key.is_empty() {
                format!("{stem}/{}", self.id)
            } else {
                format!("{stem}/{}-{key}", self.id)
            };
            let rule = |network| Rule {
                id: id.clone(),
                pattern: pattern.clone(),
                reach: self.reach.unwrap_or(Reach::Exact),
                network,
                what: what.clone(),
                kept: kept.clone(),
                reply: self.reply,
            };
            if self.reach.is_some() {
                check_name(&pattern)?;
                rules.push(rule(None));
                continue;
            }
            let (address, length) = network(&pattern)?;
            let ports = if self.ports.is_empty() {
                &[0][..]
            } else {
                &self.ports
            };
            rules.extend(ports.iter().map(|&port| rule(Some((address, length, port)))));
        }
        Ok(rules)
    }

    /// The lowest preset, from what is known: see "Presets" in `blocklists/FORMAT.md`.
    fn preset(&self, file: &File) -> Preset {
        if self.function(file) == Some(Function::Canary) {
            return Preset::NothingBreaks;
        }
        let beyond_listed = self
            .evidence
            .iter()
            .any(|key| file.source.get(key).is_some_and(|s| s.kind != Kind::Listed));
        let measured = matches!(
            self.function(file),
            Some(Function::Usage | Function::Crash | Function::Ads)
        );
        match &self.breaks {
            Some(Breaks::Word(Word::None)) if beyond_listed && measured => Preset::NothingBreaks,
            Some(Breaks::Known(known)) if known.iter().any(Breakage::counts) => Preset::Everything,
            _ => Preset::Balanced,
        }
    }
}

impl Breakage {
    /// Whether it keeps a rule out of `balanced`. What concerns updates, security, an account, safety or a right counts
    /// at the first report; a feature or a sync counts when a second report confirms it and nobody contradicts.
    fn counts(&self) -> bool {
        match self.class {
            Class::Cosmetic => false,
            Class::Feature | Class::Sync => self.sources.len() > 1 && self.counter.is_empty(),
            Class::Updates | Class::Security | Class::Account | Class::Safety | Class::PrivacyRight => {
                self.counter.is_empty()
            }
        }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    if name.len() <= 253 && name.contains('.') && name.split('.').all(label) {
        return Ok(());
    }
    Err(format!(
        "`{name}` is not a name; write it in lower case, without a dot at the end"
    ))
}

fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let mend = || format!("`{text}` is not an address; write `1.2.3.4` or `1.2.3.0/24`");
    let (address, length) = text
        .split_once('/')
        .map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().map_err(|_| mend())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Ok(most), str::parse).map_err(|_| mend())?;
    if (1..=most).contains(&length) {
        Ok((address, length))
    } else {
        Err(mend())
    }
}
