//! Records, checked, and the rules and presets that follow from them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Range;

use toml::Spanned;

use crate::mend::mend;
use crate::name;
use crate::{
    Breakage, Breaks, Class, File, Function, Kind, Problem, Reach, Record, Reply, Role, Status, Word,
};

/// The lowest preset that a rule is in force under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    /// Evidence of our own and no breakage found.
    NothingBreaks,
    /// The default.
    Balanced,
    /// All that is shipped.
    Everything,
}

/// What a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Blocked from this preset on.
    Block(Preset),
    /// No list blocks it.
    Essential,
    /// Allowed while the switch of this name is on, else blocked from this preset on.
    Feature(String, Preset),
}

/// One rule of a record: of the name, of one sibling, of one address and port.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `FILE/ID` or `FILE/ID-KEY`.
    pub id: String,
    /// The name, address or network, as written.
    pub pattern: String,
    /// What of the name is meant.
    pub reach: Reach,
    /// Address, prefix length and port (0 for any), for a rule on addresses.
    pub network: Option<(IpAddr, u8, u16)>,
    /// One sentence for the owner of a phone.
    pub what: String,
    /// What it is, were it in force.
    pub kept: Kept,
    /// Its own reply.
    pub reply: Option<Reply>,
    /// Whether it is in force.
    pub status: Status,
    /// The place of its record in the file.
    pub record: usize,
    /// Where the pattern stands in the text, in bytes.
    pub at: Range<usize>,
}

impl File {
    /// Reads a file's text; what is well-formed may still have `problems`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file: Self = toml::from_str(text)
            .map_err(|error| unread(text, error.span().unwrap_or(0..0), error.message()))?;
        if file.schema == 1 {
            return Ok(file);
        }
        Err(Problem::new(
            "syntax",
            0..0,
            format!("schema {} is not known; write `schema = 1`", file.schema),
        ))
    }

    /// Everything that is wrong within the file, by the rules of `blocklists/FORMAT.md`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (key, source) in &self.source {
            if !source.get_ref().url.starts_with("https://") {
                problems.push(Problem::new(
                    "source",
                    source.span(),
                    format!("source `{key}`: a reader must be able to open it; write an https:// address"),
                ));
            }
        }
        problems.extend(self.package_problems());
        problems.extend(self.endpoint_problems());
        for record in &self.rule {
            let mut found = Vec::new();
            record.check(self, &mut found);
            for (target, _) in record.targets() {
                if let Err(mend) = record.check_target(target.get_ref()) {
                    found.push(Problem::new("name", target.span(), mend));
                }
            }
            problems.extend(found.into_iter().map(|problem| Problem {
                rule: Some(record.id.get_ref().clone()),
                ..problem
            }));
        }
        problems
    }

    /// The rules of all records whose names are well-formed; only those of status `Shipped` are in force.
    pub fn rules(&self, stem: &str) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (index, record) in self.rule.iter().enumerate() {
            record.push_rules(stem, self, index, &mut rules);
        }
        rules
    }

    /// The rules in force, and the switches with their sentences; an error is the first problem.
    pub fn shipped(&self, stem: &str) -> Result<(Vec<Rule>, BTreeMap<String, String>), Problem> {
        if let Some(problem) = self.problems().into_iter().next() {
            return Err(problem);
        }
        let mut rules = self.rules(stem);
        rules.retain(|rule| rule.status == Status::Shipped);
        let switches = self.feature.iter();
        let switches = switches.map(|(name, feature)| (name.clone(), feature.what.clone()));
        Ok((rules, switches.collect()))
    }
}

/// What keeps a text from being a file: no TOML, or a value that is not in its form.
fn unread(text: &str, at: Range<usize>, parser: &str) -> Problem {
    let mend = match toml::from_str::<toml::Table>(text) {
        Ok(_) => mend(text, at.start, parser),
        Err(_) => parser.trim().to_owned(),
    };
    Problem::new("syntax", at, mend)
}

impl Record {
    /// The names or addresses, each with the key of a sibling.
    pub fn targets(&self) -> impl Iterator<Item = (&Spanned<String>, Option<&str>)> {
        let single = self.name.iter().chain(&self.address).map(|target| (target, None));
        let family = self.names.iter().chain(&self.addresses);
        single.chain(family.map(|(key, target)| (target, Some(key.as_str()))))
    }

    /// The months in which it was first and last seen: its own, and those of the sources that it cites. That a list holds a
    /// name shows nobody who saw it.
    pub fn sightings<'a>(&'a self, file: &'a File) -> (Option<&'a str>, Option<&'a str>) {
        let cited = self.evidence.iter();
        let sources = cited.filter_map(|key| Some(file.source.get(key.get_ref())?.get_ref()));
        let seen = sources
            .filter(|source| source.kind != Kind::Listed)
            .filter_map(|source| source.seen.as_deref());
        let own = [&self.first_seen, &self.last_seen].into_iter().flatten();
        let months: BTreeSet<&str> = seen.chain(own.map(String::as_str)).collect();
        (months.first().copied(), months.last().copied())
    }

    /// What kind of data it carries.
    pub fn function(&self, file: &File) -> Option<Function> {
        self.function.or(file.function)
    }

    /// The kinds of its evidence, each once.
    pub fn evidence_kinds(&self, file: &File) -> BTreeSet<Kind> {
        let cited = self.evidence.iter();
        let sources = cited.filter_map(|key| file.source.get(key.get_ref()));
        sources.map(|source| source.get_ref().kind).collect()
    }

    /// The lowest preset, from what is known: see "Presets" in `blocklists/FORMAT.md`.
    pub fn preset(&self, file: &File) -> Preset {
        if self.function(file) == Some(Function::Canary) {
            return Preset::NothingBreaks;
        }
        let beyond_listed = self.evidence_kinds(file).iter().any(|kind| *kind != Kind::Listed);
        let measured = matches!(
            self.function(file),
            Some(Function::Usage | Function::Crash | Function::Ads)
        );
        match &self.breaks {
            Some(Breaks::Word(Word::None)) if beyond_listed && measured => Preset::NothingBreaks,
            Some(Breaks::Known(known)) if known.iter().any(|breakage| breakage.counts(file)) => {
                Preset::Everything
            }
            _ => Preset::Balanced,
        }
    }

    fn check(&self, file: &File, problems: &mut Vec<Problem>) {
        let mut problem = |code, mend: String| problems.push(Problem::new(code, self.id.span(), mend));
        let given = [
            self.name.is_some(),
            !self.names.is_empty(),
            self.address.is_some(),
            !self.addresses.is_empty(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            problem(
                "form",
                "write one of `name`, `names`, `address`, `addresses`".into(),
            );
        }
        if self.is_on_names() != self.reach.is_some() {
            let mend = "a name says `match = \"exact\"` or `match = \"subdomains\"`; an address says neither";
            problem("form", mend.into());
        }
        if let Some(reply) = self.reply
            && reply.kind.is_for_addresses() == self.is_on_names()
        {
            let mend = "a name is replied to with `zero`, `nodata`, `nxdomain` or `refused`; an address with `rst` or `prohibited`";
            problem("form", mend.into());
        }
        for key in self.cited().filter(|key| !file.source.contains_key(*key)) {
            problem(
                "evidence",
                format!("source `{key}` is not in this file; add `[source.{key}]` with kind and url"),
            );
        }
        for mend in [self.evidence_wanted(file), self.field_wanted(file)]
            .into_iter()
            .flatten()
        {
            problem("evidence", mend.into());
        }
    }

    fn is_on_names(&self) -> bool {
        self.name.is_some() || !self.names.is_empty()
    }

    /// The keys of all sources that the record cites.
    pub fn cited(&self) -> impl Iterator<Item = &str> {
        let breakages: &[Breakage] = match &self.breaks {
            Some(Breaks::Known(known)) => known,
            _ => &[],
        };
        let breakages = breakages.iter().flat_map(|b| b.sources.iter().chain(&b.counter));
        let evidence = self.evidence.iter().map(|key| key.get_ref().as_str());
        evidence.chain(breakages.map(String::as_str))
    }

    fn check_target(&self, target: &str) -> Result<(), String> {
        if self.is_on_names() {
            name::check(target)
        } else {
            name::network(target).map(|_| ())
        }
    }

    fn evidence_wanted(&self, file: &File) -> Option<&'static str> {
        let doubt_suffices = file.role == Role::Essential && self.note.is_some();
        let is_canary = self.function(file) == Some(Function::Canary);
        match self.status {
            Status::Shipped if self.evidence.is_empty() && !doubt_suffices && !is_canary => {
                Some("a shipped rule has evidence; add a source, or write `status = \"lead\"`")
            }
            Status::Shipped if file.role == Role::Block && !self.is_backed(file) => {
                Some("two lists of different lineage, or evidence of another kind, ship a rule; add one")
            }
            Status::Lead if self.note.is_none() => Some("a lead says in its `note` what evidence is wanted"),
            Status::Retired if self.note.is_none() => {
                Some("a tombstone says in its `note` why the name was retired")
            }
            _ => None,
        }
    }

    fn field_wanted(&self, file: &File) -> Option<&'static str> {
        let knows = |feature: &String| file.feature.contains_key(feature);
        match file.role {
            Role::Block if self.sends.is_none() => Some("say what the name `sends`"),
            Role::Block if self.function(file).is_none() => Some("say the `function`, here or for the file"),
            Role::Block if self.breaks.is_none() => {
                Some("say what it `breaks`: \"none\", \"unknown\" or a list")
            }
            Role::Essential | Role::Feature if self.why.is_none() => Some("say `why` it is not blocked"),
            Role::Feature if !self.feature.as_ref().is_some_and(knows) => {
                Some("write the `feature`, one of those that the file defines as `[feature.NAME]`")
            }
            _ => None,
        }
    }

    /// Whether some evidence is more than a list, or two lists know the name independently.
    fn is_backed(&self, file: &File) -> bool {
        let sources = || {
            let cited = self.evidence.iter();
            cited.filter_map(|key| file.source.get(key.get_ref()).map(Spanned::get_ref))
        };
        let lists: BTreeSet<_> = sources()
            .filter(|s| s.kind == Kind::Listed)
            .map(|s| &s.lineage)
            .collect();
        self.function(file) == Some(Function::Canary)
            || sources().any(|source| source.kind != Kind::Listed)
            || lists.len() > 1
    }

    fn push_rules(&self, stem: &str, file: &File, index: usize, rules: &mut Vec<Rule>) {
        let kept = match file.role {
            Role::Block => Kept::Block(self.preset(file)),
            // A file of packages has no rules (`package_problems`); what is there by mistake is harmless.
            Role::Essential | Role::Package => Kept::Essential,
            // Switched off, the feature's own breakage does not count: the owner does not use it.
            Role::Feature => Kept::Feature(self.feature.clone().unwrap_or_default(), Preset::Balanced),
        };
        let what = self.sends.as_ref().or(self.why.as_ref());
        for (target, key) in self.targets() {
            let pattern = target.get_ref();
            let id = self.id.get_ref();
            let rule = |network| Rule {
                id: key.map_or_else(|| format!("{stem}/{id}"), |key| format!("{stem}/{id}-{key}")),
                pattern: pattern.clone(),
                reach: self.reach.unwrap_or(Reach::Exact),
                network,
                what: what.cloned().unwrap_or_default(),
                kept: kept.clone(),
                reply: self.reply,
                status: self.status,
                record: index,
                at: target.span(),
            };
            if self.check_target(pattern).is_err() {
                continue;
            }
            if self.is_on_names() {
                rules.push(rule(None));
            } else if let Ok((address, length)) = name::network(pattern) {
                let any = [0];
                let ports = if self.ports.is_empty() {
                    &any[..]
                } else {
                    &self.ports
                };
                rules.extend(ports.iter().map(|&port| rule(Some((address, length, port)))));
            }
        }
    }
}

impl Rule {
    /// Whether a name is met.
    pub fn meets(&self, name: &str) -> bool {
        self.network.is_none()
            && (self.pattern == name || self.reach == Reach::Subdomains && self.is_parent_of(name))
    }

    /// Whether a name is truly beneath the rule's own.
    pub fn is_parent_of(&self, name: &str) -> bool {
        self.network.is_none()
            && name
                .strip_suffix(&self.pattern)
                .is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether the list's word is to block, rather than to keep.
    pub const fn is_block(&self) -> bool {
        matches!(self.kept, Kept::Block(_))
    }

    /// The lowest preset under which it blocks, were it in force; a feature name with its switch off.
    pub const fn from(&self) -> Option<Preset> {
        match self.kept {
            Kept::Block(from) | Kept::Feature(_, from) => Some(from),
            Kept::Essential => None,
        }
    }

    /// The switch of a feature name; empty for others.
    pub fn feature(&self) -> &str {
        match &self.kept {
            Kept::Feature(feature, _) => feature,
            _ => "",
        }
    }

    /// Whether this rule meets the other's name as well and says the opposite.
    pub fn swallows(&self, other: &Self) -> bool {
        self.reach == Reach::Subdomains
            && other.network.is_none()
            && self.is_parent_of(&other.pattern)
            && self.is_block() != other.is_block()
    }
}

impl Preset {
    /// All, each containing the one before.
    pub const ALL: [Self; 3] = [Self::NothingBreaks, Self::Balanced, Self::Everything];

    /// As the command line writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingBreaks => "nothing-breaks",
            Self::Balanced => "balanced",
            Self::Everything => "everything",
        }
    }
}

impl Breakage {
    /// Whether it keeps a rule out of `balanced`. What concerns updates, security, an account, safety or a right counts
    /// at the first report; a feature or a sync counts when a second witness confirms it and nobody contradicts.
    pub fn counts(&self, file: &File) -> bool {
        match self.class {
            Class::Cosmetic => false,
            Class::Feature | Class::Sync => self.witnesses(file) > 1 && self.counter.is_empty(),
            Class::Updates | Class::Security | Class::Account | Class::Safety | Class::PrivacyRight => {
                self.counter.is_empty()
            }
        }
    }

    /// How many people say so: sources of one `witness` count once.
    pub fn witnesses(&self, file: &File) -> usize {
        let who = |key: &String| {
            let source = file.source.get(key).map(Spanned::get_ref);
            let witness = source.and_then(|source| source.witness.as_ref());
            // A witness may be called as a key is.
            (witness.is_some(), witness.unwrap_or(key).clone())
        };
        self.sources.iter().map(who).collect::<BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use crate::File;

    const FILE: &str = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"block\"\n\
        [source.code]\nkind = \"code\"\nurl = \"https://a.example\"\nseen = \"2018-06\"\n\
        [source.list]\nkind = \"listed\"\nurl = \"https://b.example\"\nseen = \"2026-01\"\n\
        [source.report]\nkind = \"report\"\nurl = \"https://c.example\"\nseen = \"2021-09\"\n\
        [source.undated]\nkind = \"report\"\nurl = \"https://d.example\"\n\
        [[rule]]\nid = \"r\"\nname = \"a.xiaomi.com\"\nevidence = EVIDENCE\nOWN\nstatus = \"shipped\"\n";

    fn sightings(evidence: &str, own: &str) -> (Option<String>, Option<String>) {
        let file = File::parse(&FILE.replace("EVIDENCE", evidence).replace("OWN", own)).unwrap();
        let (first, last) = file.rule[0].sightings(&file);
        (first.map(str::to_owned), last.map(str::to_owned))
    }

    fn months(first: &str, last: &str) -> (Option<String>, Option<String>) {
        (Some(first.to_owned()), Some(last.to_owned()))
    }

    #[test]
    fn a_rule_was_seen_when_its_sources_saw_it_and_lists_see_nothing() {
        let all = r#"["code", "list", "report", "undated"]"#;
        assert_eq!(sightings(all, ""), months("2018-06", "2021-09"));
        assert_eq!(sightings(r#"["report"]"#, ""), months("2021-09", "2021-09"));
        assert_eq!(sightings(r#"["list", "undated"]"#, ""), (None, None));
    }

    #[test]
    fn its_own_months_widen_what_its_sources_saw() {
        let own = "first_seen = \"2017-11\"\nlast_seen = \"2020-01\"";
        assert_eq!(sightings(r#"["report"]"#, own), months("2017-11", "2021-09"));
        assert_eq!(sightings("[]", own), months("2017-11", "2020-01"));
    }
}
