//! A file of records as written: see `blocklists/FORMAT.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) schema: u32,
    #[serde(rename = "title")]
    _title: String,
    /// What the file's names carry, for people; rules may say more.
    #[serde(rename = "about")]
    _about: String,
    #[serde(default, rename = "packages")]
    _packages: Vec<String>,
    /// What the records are, unless one says otherwise.
    pub(crate) role: Role,
    /// What kind of data the names carry.
    #[serde(default)]
    pub(crate) function: Option<Function>,
    #[serde(default)]
    pub(crate) source: BTreeMap<String, Source>,
    #[serde(default)]
    pub(crate) feature: BTreeMap<String, Feature>,
    #[serde(default)]
    pub(crate) rule: Vec<Record>,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Block,
    Essential,
    Feature,
}

/// What kind of data a name carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Function {
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
pub(crate) struct Source {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    /// Which family of lists it belongs to; lists that take each other in are one family.
    #[serde(default)]
    pub(crate) lineage: Option<String>,
    #[serde(default, rename = "read")]
    _read: Option<String>,
    #[serde(default, rename = "says")]
    _says: Option<String>,
}

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Capture,
    Code,
    Paper,
    Report,
    Listed,
}

/// A switch "I use ...".
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    pub(crate) what: String,
}

/// A rule, or a family of siblings that share every source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) names: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) address: Option<String>,
    #[serde(default)]
    pub(crate) addresses: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
    #[serde(default, rename = "match")]
    pub(crate) reach: Option<Reach>,
    #[serde(default)]
    pub(crate) function: Option<Function>,
    #[serde(default)]
    pub(crate) feature: Option<String>,
    /// What the name carries (block), or why it is not blocked (essential, feature).
    #[serde(default)]
    pub(crate) sends: Option<String>,
    #[serde(default)]
    pub(crate) why: Option<String>,
    #[serde(default)]
    pub(crate) breaks: Option<Breaks>,
    #[serde(default)]
    pub(crate) evidence: Vec<String>,
    #[serde(default, rename = "confidence")]
    _confidence: Option<Confidence>,
    #[serde(default, rename = "first_seen")]
    _first_seen: Option<String>,
    #[serde(default, rename = "last_seen")]
    _last_seen: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) reply: Option<Reply>,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reach {
    Exact,
    Subdomains,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    High,
    Medium,
    Low,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Shipped,
    Lead,
    Retired,
}

/// A rule's own reply.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    pub(crate) kind: ReplyKind,
    #[serde(default)]
    pub(crate) ttl: u32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReplyKind {
    Zero,
    Nodata,
    Nxdomain,
    Refused,
}

/// What stops working: a word, or what is known.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Breaks {
    Word(Word),
    Known(Vec<Breakage>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    /// Looked for and no report found.
    None,
    /// Nobody looked.
    Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Breakage {
    pub(crate) class: Class,
    #[serde(rename = "what")]
    _what: String,
    pub(crate) sources: Vec<String>,
    #[serde(default)]
    pub(crate) counter: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    Cosmetic,
    Feature,
    Sync,
    Updates,
    Security,
    Account,
    Safety,
    PrivacyRight,
}
