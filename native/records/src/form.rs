//! A file of records as written: see `blocklists/FORMAT.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A file, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The version of the form.
    pub schema: u32,
    /// The component, for people.
    pub title: String,
    /// What its names carry, for people.
    pub about: String,
    /// Android packages that call the names.
    #[serde(default)]
    pub packages: Vec<String>,
    /// What the records are, unless one says otherwise.
    pub role: Role,
    /// What kind of data the names carry.
    #[serde(default)]
    pub function: Option<Function>,
    /// Sources, by the key that records cite.
    #[serde(default)]
    pub source: BTreeMap<String, Spanned<Source>>,
    /// The switches "I use ..." that the file defines.
    #[serde(default)]
    pub feature: BTreeMap<String, Feature>,
    /// Where apps look names up past the phone's resolver.
    #[serde(default)]
    pub endpoint: Vec<Endpoint>,
    /// The vendor's packages, in the file of that role.
    #[serde(default)]
    pub package: Vec<Package>,
    /// The records.
    #[serde(default)]
    pub rule: Vec<Record>,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Blocked, under the presets that follow from the record.
    Block,
    /// No list blocks it.
    Essential,
    /// Allowed while its switch is on.
    Feature,
    /// No records: the vendor's packages.
    Package,
}

/// A server that tells apps addresses of names, past the phone's resolver. No rule: whether it is refused, rules say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Stable, unique within the file.
    pub id: Spanned<String>,
    /// What is spoken there.
    pub speaks: Speech,
    /// Names of the server.
    #[serde(default)]
    pub hosts: Vec<Spanned<String>>,
    /// Addresses that software has built in.
    #[serde(default)]
    pub addresses: Vec<Spanned<String>>,
    /// Where it listens.
    pub ports: Vec<u16>,
    /// How the paths of its questions begin; of HTTP only.
    #[serde(default)]
    pub path: Option<String>,
    /// What asks there and for what, one sentence for the owner of a phone.
    pub what: String,
    /// Keys of sources.
    #[serde(default)]
    pub evidence: Vec<Spanned<String>>,
    /// What the next maintainer should know; of a lead, what evidence is wanted.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it is in force.
    pub status: Status,
}

/// What an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speech {
    /// HTTP that anybody on the way can read.
    Http,
    /// The DNS itself.
    Dns,
}

/// A package that may be on a phone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// As Android knows it.
    pub name: Spanned<String>,
    /// What people call it, in our words.
    pub title: String,
    /// What it is, one sentence for the owner of a phone.
    pub what: String,
    /// The user id that it shares with others: the tunnel takes all of them or none.
    #[serde(default)]
    pub identity: Option<String>,
    /// The switch "I use ..." that it belongs to.
    #[serde(default)]
    pub feature: Option<Spanned<String>>,
    /// Whether its connections go through the tunnel.
    pub tunnel: Tunnel,
    /// Keys of sources: why it is in the table.
    #[serde(default)]
    pub evidence: Vec<Spanned<String>>,
    /// What the next maintainer should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// Whether a package's connections go through the tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tunnel {
    /// Unless the owner says otherwise.
    On,
    /// Only if the owner says so.
    Off,
    /// Not even with the whole phone: it breaks inside, or has no connections and is only looked up.
    Never,
}

/// What kind of data a name carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// What the owner does.
    Usage,
    /// Reports of failures.
    Crash,
    /// Advertisements and what they measure.
    Ads,
    /// Settings sent from the vendor.
    Config,
    /// Names looked up past the phone's resolver.
    Resolver,
    /// Proves that a list is at work.
    Canary,
}

/// Where a fact can be read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Of what kind.
    pub kind: Kind,
    /// Where any reader can open it.
    pub url: String,
    /// Which family of lists it belongs to; lists that take each other in are one family.
    #[serde(default)]
    pub lineage: Option<String>,
    /// Whose word it is, where several sources are one person's: they count once.
    #[serde(default)]
    pub witness: Option<String>,
    /// Its author refused the names on a device and looked for what fails.
    #[serde(default)]
    pub tried: bool,
    /// Year and month of what it shows: when it was recorded, built or reported.
    #[serde(default)]
    pub seen: Option<String>,
    /// The day one of us last read it.
    #[serde(default)]
    pub read: Option<String>,
    /// Its content in our words.
    #[serde(default)]
    pub says: Option<String>,
}

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Recorded traffic.
    Capture,
    /// Published or decompiled code.
    Code,
    /// A paper.
    Paper,
    /// A public report, such as an issue.
    Report,
    /// Another list holds the name.
    Listed,
}

/// A switch "I use ...".
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The sentence of the switch, beginning "I use".
    pub what: String,
}

/// A rule, or a family of siblings that share every source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Stable, unique within the file.
    pub id: Spanned<String>,
    /// The name, where it is one.
    #[serde(default)]
    pub name: Option<Spanned<String>>,
    /// Siblings that share every source, by key.
    #[serde(default)]
    pub names: BTreeMap<String, Spanned<String>>,
    /// An address or network, where it is one.
    #[serde(default)]
    pub address: Option<Spanned<String>>,
    /// Addresses or networks, by key.
    #[serde(default)]
    pub addresses: BTreeMap<String, Spanned<String>>,
    /// The ports of the addresses; none for all.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// What of a name is meant; an address has none.
    #[serde(default, rename = "match")]
    pub reach: Option<Reach>,
    /// Where it differs from the file's.
    #[serde(default)]
    pub function: Option<Function>,
    /// The switch, in files of that role.
    #[serde(default)]
    pub feature: Option<String>,
    /// What the name carries (block), one sentence for the owner of a phone.
    #[serde(default)]
    pub sends: Option<String>,
    /// Why it is not blocked (essential, feature).
    #[serde(default)]
    pub why: Option<String>,
    /// What stops working without it.
    #[serde(default)]
    pub breaks: Option<Breaks>,
    /// Keys of sources.
    #[serde(default)]
    pub evidence: Vec<Spanned<String>>,
    /// How sure one may be.
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// Year and month, where no source has it: see [`Record::sightings`].
    #[serde(default)]
    pub first_seen: Option<String>,
    /// Year and month, where no source has it.
    #[serde(default)]
    pub last_seen: Option<String>,
    /// What the next maintainer should know; of a lead, what evidence is wanted.
    #[serde(default)]
    pub note: Option<String>,
    /// Where the usual reply makes the software retry in storms.
    #[serde(default)]
    pub reply: Option<Reply>,
    /// Whether it is in force.
    pub status: Status,
}

/// What of a name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The name alone.
    Exact,
    /// The name and all beneath it.
    Subdomains,
}

/// How sure one may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Seen by more than one of us, or in code.
    High,
    /// One good source.
    Medium,
    /// By its name or by hearsay.
    Low,
}

/// Whether a record is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In force.
    Shipped,
    /// Only a name so far.
    Lead,
    /// A tombstone.
    Retired,
}

/// A rule's own reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Of what kind.
    pub kind: ReplyKind,
    /// Seconds for which it may be remembered.
    #[serde(default)]
    pub ttl: u32,
}

/// Kinds of replies to a blocked question or connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyKind {
    /// `0.0.0.0` or `::`.
    Zero,
    /// No record of this type.
    Nodata,
    /// No such name.
    Nxdomain,
    /// REFUSED.
    Refused,
    /// RST, or port unreachable; of addresses.
    Rst,
    /// Prohibited by an administrator; of addresses.
    Prohibited,
}

impl ReplyKind {
    /// Whether it refuses connections to an address, and not questions for a name.
    pub const fn is_for_addresses(self) -> bool {
        matches!(self, Self::Rst | Self::Prohibited)
    }
}

/// What stops working: a word, or what is known.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Breaks {
    /// `"none"` or `"unknown"`.
    Word(Word),
    /// What is known.
    Known(Vec<Breakage>),
}

/// What is said of breakage where none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// Looked for and no report found.
    None,
    /// Nobody looked.
    Unknown,
}

/// One thing that stops working.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breakage {
    /// How bad.
    pub class: Class,
    /// One sentence for the owner of a phone.
    pub what: String,
    /// Keys of the sources that say so.
    pub sources: Vec<String>,
    /// Keys of the sources that say otherwise.
    #[serde(default)]
    pub counter: Vec<String>,
}

/// Classes of breakage, the harmless first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It looks different.
    Cosmetic,
    /// Something does not work.
    Feature,
    /// The owner's data does not arrive.
    Sync,
    /// Updates do not arrive.
    Updates,
    /// Protection goes missing.
    Security,
    /// Signing in fails.
    Account,
    /// A person may come to harm.
    Safety,
    /// A right cannot be exercised.
    PrivacyRight,
}

impl Role {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Essential => "essential",
            Self::Feature => "feature",
            Self::Package => "package",
        }
    }
}

impl Function {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Crash => "crash",
            Self::Ads => "ads",
            Self::Config => "config",
            Self::Resolver => "resolver",
            Self::Canary => "canary",
        }
    }
}

impl Kind {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Code => "code",
            Self::Paper => "paper",
            Self::Report => "report",
            Self::Listed => "listed",
        }
    }
}

impl Reach {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Subdomains => "subdomains",
        }
    }
}

impl Status {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Lead => "lead",
            Self::Retired => "retired",
        }
    }
}

impl Speech {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Dns => "dns",
        }
    }
}

impl Tunnel {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Never => "never",
        }
    }
}

impl Class {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Feature => "feature",
            Self::Sync => "sync",
            Self::Updates => "updates",
            Self::Security => "security",
            Self::Account => "account",
            Self::Safety => "safety",
            Self::PrivacyRight => "privacy-right",
        }
    }
}

impl Confidence {
    /// As files write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}
