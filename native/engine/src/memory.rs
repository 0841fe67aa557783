//! Address to name, as learnt from answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Action, Because, Rules, Verdict};
use wire::Name;
use wire::httpdns::Told;

use crate::ech::EchConfigs;
use crate::{Timestamp, nat64};

/// Addresses at most.
const MAX_ADDRESSES: usize = 8_192;

/// Origins of one address at most.
const MAX_ORIGINS: usize = 4;

/// Apps keep addresses beyond a shorter TTL than this, and a longer one is a mistake.
const TTL: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(86_400);

/// How long an address that was told in plain HTTP lives at most: nobody vouches for such an answer.
const MAX_TOLD: Duration = Duration::from_secs(3_600);

/// How long it lives where the answer does not say.
const UNTOLD: Duration = Duration::from_secs(600);

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

/// Where an address was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Source {
    /// In an answer of a resolver.
    #[default]
    Answer,
    /// By a server in plain HTTP, with this port or for all.
    HttpDns(Option<u16>),
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
    /// Where it was told.
    pub(crate) source: Source,
}

impl Origin {
    /// What a server in plain HTTP says of a name.
    pub(crate) fn told(name: Name, port: Option<u16>, rules: &Rules) -> Self {
        let mut told = Self {
            verdict: Verdict::NO_RULE,
            per_app: false,
            asked: name,
            aliases: Vec::new(),
            source: Source::HttpDns(port),
        };
        told.judge(rules);
        told
    }

    /// The verdict by these rules: on the asked name, or on an alias that is blocked, unless the former covers it.
    fn judge(&mut self, rules: &Rules) {
        self.verdict = crate::dns::verdict(&self.asked, rules);
        self.per_app = rules.has_app_rule(self.asked.as_str());
        if self.per_app && self.source == Source::Answer {
            // Where apps differ, the question is answered for all, and the flow's owner decides.
            self.verdict.action = Action::Allow;
        }
        if self.verdict.covers_aliases() {
            return;
        }
        self.per_app |= self
            .aliases
            .iter()
            .any(|alias| rules.has_app_rule(alias.as_str()));
        let mut aliases = self.aliases.iter().map(|alias| crate::dns::verdict(alias, rules));
        if let Some(refused) = aliases.find(|verdict| verdict.is_block()) {
            self.verdict = refused;
        }
    }

    /// Whether it says something of flows to this port.
    fn is_for(&self, port: u16) -> bool {
        match self.source {
            Source::Answer | Source::HttpDns(None) => true,
            Source::HttpDns(Some(told)) => told == port,
        }
    }

    fn vouches(&self) -> bool {
        !self.verdict.is_block() && !self.per_app
    }

    fn is_named(&self, name: &Name) -> bool {
        self.asked == *name || self.aliases.contains(name)
    }
}

/// Addresses and the names under which they were answered. Bounded; expired entries go first.
///
/// An IPv4 address is one address, whatever IPv6 address a network writes it as.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The network's NAT64 prefix.
    prefix: Option<(Ipv6Addr, u8)>,
    addresses: BTreeMap<IpAddr, Entry>,
    /// Every address by the time at which its last origin expires.
    by_expiry: BTreeSet<(Timestamp, IpAddr)>,
    /// ECH configurations, as learnt from the same answers.
    pub(crate) ech: EchConfigs,
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
    /// The network of the moment has this NAT64 prefix.
    pub(crate) const fn set_nat64_prefix(&mut self, prefix: Option<(Ipv6Addr, u8)>) {
        self.prefix = prefix;
    }

    fn key(&self, ip: IpAddr) -> IpAddr {
        nat64::unwrap(ip, self.prefix)
    }

    /// Remembers an address that a server told in plain HTTP, if a rule is on its name. Whoever is on the way can write into
    /// such an answer what he likes: no other address is to go by another name for that.
    pub(crate) fn remember_told(&mut self, told: Told, rules: &Rules, now: Timestamp) {
        let ttl = told
            .ttl
            .map_or(UNTOLD, |ttl| Duration::from_secs(ttl.into()).min(MAX_TOLD));
        let origin = Origin::told(told.name, told.port, rules);
        if origin.verdict.because != Because::NoRule || origin.per_app {
            self.remember(told.ip, &Arc::new(origin), ttl, now);
        }
    }

    /// Remembers that `origin` was answered with `ip`, for `ttl`.
    pub(crate) fn remember(&mut self, ip: IpAddr, origin: &Arc<Origin>, ttl: Duration, now: Timestamp) {
        let ip = self.key(ip);
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
            .position(|(old, _)| (&old.asked, old.source) == (&origin.asked, origin.source))
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
            .get(&self.key(ip))
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

    /// The verdict on a flow to `remote` that shows no name, where a server told its address over plain HTTP: a block if all names
    /// under which it is known are blocked, else that of a rule that lets one of them through. `verdict` judges names.
    pub(crate) fn told(
        &self,
        remote: SocketAddr,
        now: Timestamp,
        verdict: impl Fn(&Name) -> Verdict,
    ) -> Option<(Name, Verdict)> {
        let (mut told, mut is_vouched) = (None, false);
        let origins = self.live(remote.ip(), now);
        for origin in origins.filter(|origin| origin.is_for(remote.port())) {
            let is_told = origin.source != Source::Answer;
            let verdict = if is_told {
                verdict(&origin.asked)
            } else {
                origin.verdict
            };
            is_vouched |= !verdict.is_block();
            // The newest counts, and one that lets through before one that does not.
            if is_told && (!verdict.is_block() || !is_vouched) && verdict.because != Because::NoRule {
                told = Some((origin.asked.clone(), verdict));
            }
        }
        told.filter(|(_, verdict)| !verdict.is_block() || !is_vouched)
    }

    /// Whether anything is known of `ip`.
    pub(crate) fn knows(&self, ip: IpAddr, now: Timestamp) -> bool {
        self.live(ip, now).next().is_some()
    }

    /// A name under which `ip` was answered most recently, for the log.
    pub(crate) fn name(&self, ip: IpAddr, now: Timestamp) -> Option<Name> {
        self.live(ip, now).next_back().map(|origin| origin.asked.clone())
    }

    /// Forgets the answers of resolvers: the network changed, or the rules. What was told over plain HTTP stays, as apps keep
    /// it whatever happens here.
    pub(crate) fn forget_answers(&mut self) {
        self.addresses.retain(|_, entry| {
            entry
                .origins
                .retain(|(origin, _)| origin.source != Source::Answer);
            !entry.origins.is_empty()
        });
        self.by_expiry.clear();
        self.ech.clear();
        for (&ip, entry) in &mut self.addresses {
            let expires = entry.origins.iter().map(|(_, expires)| *expires).max();
            entry.expires = expires.unwrap_or(entry.expires);
            self.by_expiry.insert((entry.expires, ip));
        }
    }

    /// The rules were replaced: what is known is judged anew, for the flows that are open.
    pub(crate) fn judge_again(&mut self, rules: &Rules) {
        for (origin, _) in self.addresses.values_mut().flat_map(|entry| &mut entry.origins) {
            Arc::make_mut(origin).judge(rules);
        }
    }
}

#[cfg(test)]
mod tests;
