//! All counters of one moment, as Kotlin's `Snapshot`.

use blocklist::Rules;

/// All counters of one moment, since the session began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When an app last sent something, in milliseconds since 1970; 0 if never.
    pub last_seen_app: u64,
    /// The engine's and the tunnel's counters.
    pub counters: tunnel::Snapshot,
    /// Rules in force.
    pub rules: u64,
    /// The version of the built-in list in force.
    pub list_version: u64,
}

impl Snapshot {
    /// Puts a snapshot together.
    pub fn new(counters: tunnel::Snapshot, last_seen_app: u64, rules: &Rules, list_version: u64) -> Self {
        Self {
            last_seen_app,
            counters,
            rules: rules.len() as u64,
            list_version,
        }
    }
}
