//! Address to name, as learnt from answers.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::Verdict;
use wire::Name;

use crate::Timestamp;

/// What DNS memory says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Vouch {
    /// No answer named it.
    Unknown,
    /// Allowed names only: a flow to it may be dialled at the SYN.
    Allowed,
    /// A blocked name too.
    Mixed,
}

/// One question's outcome: the asked name, its verdict, and the names that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The name that was asked.
    pub(crate) asked: Name,
    /// The verdict on it.
    pub(crate) verdict: Verdict,
    /// Its aliases.
    pub(crate) aliases: Vec<Name>,
}

/// Addresses and the names under which they were answered. Bounded; expired entries go first.
#[derive(Debug, Default)]
pub(crate) struct Memory {}

impl Memory {
    /// Remembers that `origin` was answered with `ip`, for `ttl`.
    pub(crate) fn remember(&mut self, ip: IpAddr, origin: &Arc<Origin>, ttl: Duration, now: Timestamp) {
        let _ = (ip, origin, ttl, now);
        unimplemented!()
    }

    /// Whether allowed names vouch for `ip`.
    pub(crate) fn vouch(&self, ip: IpAddr, now: Timestamp) -> Vouch {
        let _ = (ip, now);
        unimplemented!()
    }

    /// The verdict that covers a flow to `ip` whose server name is `name` (or which shows none): that of the owner's
    /// rule or an essential name that was asked, when `name` is it or one of its aliases.
    pub(crate) fn covering(&self, ip: IpAddr, name: Option<&Name>, now: Timestamp) -> Option<Arc<Origin>> {
        let _ = (ip, name, now);
        unimplemented!()
    }

    /// A name under which `ip` was answered most recently, for the log.
    pub(crate) fn name(&self, ip: IpAddr, now: Timestamp) -> Option<Name> {
        let _ = (ip, now);
        unimplemented!()
    }

    /// Forgets everything: the network or the rules changed.
    pub(crate) fn clear(&mut self) {
        unimplemented!()
    }
}
