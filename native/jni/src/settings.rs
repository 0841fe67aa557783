//! What the app says: settings, lists and the network, as Kotlin's classes of the same names.

use std::net::IpAddr;

use blocklist::{Action, Preset, Rules};
use engine::{Choices, Depth, EchParameters, EncryptedDns, Unread};

/// Everything the owner chose, and what the session was established with (`EngineSettings.kt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is inspected.
    pub depth: Depth,
    /// How much of the built-in list is in force.
    pub preset: Preset,
    /// Switches "I use ..." that are off.
    pub features_off: Vec<String>,
    /// The TUN's MTU in bytes.
    pub mtu: u16,
    /// The largest packet written to the TUN; 0 for what the kernel takes.
    pub segment_limit: u32,
    /// Resolver addresses that the session announces.
    pub own_resolvers: Vec<IpAddr>,
    /// The owner's own rules.
    pub rules: Vec<OwnRule>,
    /// List files beside the built-in list.
    pub lists: Vec<ListFile>,
    /// The highest version of the built-in list that this phone has had; 0 if only the one compiled in.
    pub highest_list_version: u64,
    /// For how long a blocked answer lives, in seconds.
    pub blocked_answer: u32,
    /// For how long an answer on which apps differ lives, in seconds.
    pub shared_answer: u32,
    /// What becomes of QUIC whose server name cannot be read.
    pub quic_unread: Unread,
    /// What becomes of `ech` parameters in answers.
    pub ech: EchParameters,
    /// Which verdicts are told.
    pub log: Log,
    /// Whether somebody answers who owns a flow.
    pub knows_owners: bool,
    /// Whether questions go through the system's resolver.
    pub asks_system: bool,
    /// The file of one page that says when the engine was last awake.
    pub stamp: Option<String>,
}

impl Settings {
    /// What the engine can be told while it runs.
    pub(crate) fn choices(&self) -> Choices {
        let refused = |off: &String| off == Rules::ENCRYPTED_DNS;
        Choices {
            quic_unread: self.quic_unread,
            ech: self.ech,
            encrypted_dns: if self.features_off.iter().any(refused) {
                EncryptedDns::Refuse
            } else {
                EncryptedDns::Leave
            },
        }
    }
}

/// Which verdicts are told (`Log.kt`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// None.
    Off,
    /// Refusals.
    Stopped,
    /// All.
    All,
}

/// A rule of the owner (`OwnRule.kt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    /// A name, an address or a network.
    pub name: String,
    /// Let it through, or not.
    pub action: Action,
    /// Whether all names beneath it are meant too.
    pub subdomains: bool,
    /// The app that it is for; `None` for all.
    pub uid: Option<u32>,
}

/// A list in a file (`ListFile.kt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    /// What it is called.
    pub title: String,
    /// Its file.
    pub path: String,
    /// What its rules count as.
    pub role: ListRole,
    /// The manifest that names its hash; its signature lies beside it as `MANIFEST.minisig`.
    pub manifest: Option<String>,
}

/// What the rules of a list count as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListRole {
    /// A newer edition of the built-in list, compiled and signed.
    Edition,
    /// A subscribed list.
    Block,
    /// The owner lets through what it names.
    Allow,
}

/// What the network of the moment offers (`Network.kt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The system's handle of it; 0 for none. Another handle is another network.
    pub handle: u64,
    /// Its routes and resolvers.
    pub upstream: engine::Upstream,
    /// Whether its bytes cost money.
    pub metered: bool,
    /// How the owner wants questions to travel.
    pub private_dns: PrivateDns,
    /// The host of [`PrivateDns::Strict`].
    pub private_dns_host: Option<String>,
}

/// Android's setting "Private DNS".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateDns {
    /// Plain questions.
    Off,
    /// Encrypted where the resolver offers it.
    Automatic,
    /// Encrypted to one host, or not at all.
    Strict,
}
