//! Address to name, as learnt from answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Because, Verdict};
use wire::Name;

use crate::Timestamp;

/// Addresses at most.
const MAX_ADDRESSES: usize = 8_192;

/// Origins of one address at most.
const MAX_ORIGINS: usize = 4;

/// Apps keep addresses beyond a shorter TTL than this, and a longer one is a mistake.
const TTL: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(86_400);

/// How long an address stays known beyond its TTL. Apps dial from pools and caches of their own that know no TTL.
/// Being wrong is cheap both ways: an address forgotten too early opens silently, one remembered too long has its
/// server name judged all the same.
const GRACE: Duration = Duration::from_secs(3_600);

/// What DNS memory says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Vouch {
    /// No answer named it.
    Unknown,
    /// Allowed names only: a flow to it may be dialled at the SYN.
    Allowed,
    /// A blocked name too, or one on which apps differ.
    Mixed,
}

/// One question's outcome: the asked name, its verdict, and the names that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The name that was asked.
    pub(crate) asked: Name,
    /// The verdict on it; on an answer that was refused for one of its aliases, the verdict on that alias.
    pub(crate) verdict: Verdict,
    /// Its aliases.
    pub(crate) aliases: Vec<Name>,
    /// Whether apps differ on it, so that it vouches for no flow whose owner was not asked for.
    pub(crate) per_app: bool,
}

impl Origin {
    fn vouches(&self) -> bool {
        !self.verdict.is_block() && !self.per_app
    }

    fn is_named(&self, name: &Name) -> bool {
        self.asked == *name || self.aliases.contains(name)
    }
}

/// Addresses and the names under which they were answered. Bounded; expired entries go first.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    addresses: BTreeMap<IpAddr, Entry>,
    /// Every address by the time at which its last origin expires.
    by_expiry: BTreeSet<(Timestamp, IpAddr)>,
}

#[derive(Debug, Default)]
struct Entry {
    /// The newest last.
    origins: Vec<(Arc<Origin>, Timestamp)>,
    expires: Timestamp,
}

impl Entry {
    fn live(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Arc<Origin>> {
        self.origins
            .iter()
            .filter(move |(_, expires)| *expires > now)
            .map(|(origin, _)| origin)
    }

    /// Makes room for one origin: expired ones go, then the oldest that could only have vouched.
    fn make_room(&mut self, now: Timestamp) {
        self.origins.retain(|(_, expires)| *expires > now);
        while self.origins.len() >= MAX_ORIGINS {
            let plain =
                |(origin, _): &(Arc<Origin>, Timestamp)| origin.vouches() && !origin.verdict.covers_aliases();
            self.origins
                .remove(self.origins.iter().position(plain).unwrap_or(0));
        }
    }
}

impl Memory {
    /// Remembers that `origin` was answered with `ip`, for `ttl`.
    pub(crate) fn remember(&mut self, ip: IpAddr, origin: &Arc<Origin>, ttl: Duration, now: Timestamp) {
        let ip = ip.to_canonical();
        if ip.is_unspecified() {
            return;
        }
        let expires = now + ttl.clamp(*TTL.start(), *TTL.end()) + GRACE;
        if !self.addresses.contains_key(&ip) {
            self.make_room();
        }
        let entry = self.addresses.entry(ip).or_default();
        let mut kept = expires;
        if let Some(at) = entry
            .origins
            .iter()
            .position(|(old, _)| old.asked == origin.asked)
        {
            let (old, until) = entry.origins.remove(at);
            if old.verdict == origin.verdict {
                kept = kept.max(until);
            }
        }
        entry.make_room(now);
        entry.origins.push((Arc::clone(origin), kept));
        let last = entry
            .origins
            .iter()
            .map(|(_, expires)| *expires)
            .max()
            .unwrap_or(kept);
        if last != entry.expires {
            self.by_expiry.remove(&(entry.expires, ip));
            self.by_expiry.insert((last, ip));
            entry.expires = last;
        }
    }

    /// Forgets the address that expires, or expired, first, when there is no room for another.
    fn make_room(&mut self) {
        if self.addresses.len() >= MAX_ADDRESSES
            && let Some((_, ip)) = self.by_expiry.pop_first()
        {
            self.addresses.remove(&ip);
        }
    }

    fn live(&self, ip: IpAddr, now: Timestamp) -> impl DoubleEndedIterator<Item = &Arc<Origin>> {
        self.addresses
            .get(&ip.to_canonical())
            .into_iter()
            .flat_map(move |entry| entry.live(now))
    }

    /// Whether allowed names, and no others, vouch for `ip`.
    pub(crate) fn vouch(&self, ip: IpAddr, now: Timestamp) -> Vouch {
        let mut vouch = Vouch::Unknown;
        for origin in self.live(ip, now) {
            if !origin.vouches() {
                return Vouch::Mixed;
            }
            vouch = Vouch::Allowed;
        }
        vouch
    }

    /// The verdict that covers a flow to `ip` whose server name is `name` (or which shows none): that of the owner's
    /// rule or an essential name that was asked, when `name` is it or one of its aliases.
    ///
    /// A server name that is neither gets `None` and is judged by the rules on itself: many names share an address,
    /// and one essential name on it must not open it to the others. Where a flow shows no name, an allowing verdict
    /// goes before a blocking one.
    pub(crate) fn covering(&self, ip: IpAddr, name: Option<&Name>, now: Timestamp) -> Option<Arc<Origin>> {
        let covers = |origin: &&Arc<Origin>| {
            origin.verdict.covers_aliases()
                && !origin.per_app
                && name.is_none_or(|name| origin.is_named(name))
        };
        let mut blocking = None;
        for origin in self.live(ip, now).rev().filter(covers) {
            // The asked name itself decides before an alias that another question came by.
            if !origin.verdict.is_block() || name == Some(&origin.asked) {
                return Some(Arc::clone(origin));
            }
            blocking = blocking.or_else(|| Some(Arc::clone(origin)));
        }
        blocking
    }

    /// Whether apps differ on a name under which `ip` was answered.
    pub(crate) fn is_per_app(&self, ip: IpAddr, now: Timestamp) -> bool {
        self.live(ip, now).any(|origin| origin.per_app)
    }

    /// The blocking verdict of an app's rule on a flow to `ip` that shows no name: where every name under which it was
    /// answered has one, as `verdict` says.
    pub(crate) fn blocked_for_app(
        &self,
        ip: IpAddr,
        now: Timestamp,
        verdict: impl Fn(&Name) -> Verdict,
    ) -> Option<(Name, Verdict)> {
        let mut blocked = None;
        for origin in self.live(ip, now) {
            let mut names = std::iter::once(&origin.asked).chain(&origin.aliases);
            blocked = Some(names.find_map(|name| {
                let verdict = verdict(name);
                let by_app = matches!(verdict.because, Because::AppRule(_));
                (by_app && verdict.is_block()).then(|| (name.clone(), verdict))
            })?);
        }
        blocked
    }

    /// A name under which `ip` was answered most recently, for the log.
    pub(crate) fn name(&self, ip: IpAddr, now: Timestamp) -> Option<Name> {
        self.live(ip, now).next_back().map(|origin| origin.asked.clone())
    }

    /// Forgets everything: the network or the rules changed.
    pub(crate) fn clear(&mut self) {
        self.addresses.clear();
        self.by_expiry.clear();
    }
}

#[cfg(test)]
mod tests;
