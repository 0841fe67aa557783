//! What the datagram services need of the rest of the engine for one input.

use std::net::{IpAddr, SocketAddr};

use blocklist::{AppId, Because, Rules, Verdict};
use wire::Name;
use wire::icmp::{Unreachable, emit_unreachable};

use crate::memory::Memory;
use crate::outbox::{Command, Outbox};
use crate::owner::Owner;
use crate::policy::Decision;
use crate::storm::Storms;
use crate::{Config, Event, Seen, Stats, Timestamp, Transport, Upstream, VerdictEvent, dns, nat64};

#[cfg(test)]
pub(crate) mod world;

/// ICMP errors towards the app a second, at most; the figure of Linux (`icmp_msgs_per_sec`).
const MAX_ERRORS: u32 = 1_000;

/// The rest of the engine.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) rules: &'a Rules,
    pub(crate) memory: &'a Memory,
    pub(crate) upstream: &'a Upstream,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) stats: &'a mut Stats,
    pub(crate) storms: &'a mut Storms,
    pub(crate) now: Timestamp,
}

impl Context<'_> {
    /// Whether the network of the moment has a route to `ip`.
    pub(crate) fn has_route(&self, ip: IpAddr) -> bool {
        self.upstream.has_route(ip)
    }

    /// Whether apps have rules of their own on the address of `remote`.
    pub(crate) fn has_app_rule_ip(&self, remote: SocketAddr) -> bool {
        let ip = nat64::unwrap(remote.ip(), self.upstream.nat64_prefix);
        self.rules.has_app_rule_ip(ip, remote.port())
    }

    /// Whether the owner of a flow to `remote` that shows no name matters.
    pub(crate) fn apps_differ(&self, remote: SocketAddr) -> bool {
        self.has_app_rule_ip(remote) || self.memory.is_per_app(remote.ip(), self.now)
    }

    /// The verdict on a flow to `remote` that shows no name: by a rule for its app on each name of the address, by a rule on
    /// the address, or by the owner's rule or the essential name under which the address was answered, whichever has
    /// precedence.
    pub(crate) fn decide_by_address(&self, remote: SocketAddr, app: Option<AppId>) -> Decision {
        if let Some((name, verdict)) = self.blocked_for_app(remote, app) {
            return Decision::new(verdict, Seen::Query, Some(name));
        }
        let ip = nat64::unwrap(remote.ip(), self.upstream.nat64_prefix);
        let verdict = self
            .config
            .verdict_ip(self.rules, ip, remote.port(), app)
            .unwrap_or(Verdict::NO_RULE);
        if let Some(origin) = self.memory.covering(remote.ip(), None, self.now)
            && origin.verdict.because.precedence() <= verdict.because.precedence()
        {
            return Decision::new(origin.verdict, Seen::Query, Some(origin.asked.clone()));
        }
        if let Some((name, told)) = self.told(remote, app)
            && told.goes_before(verdict)
        {
            return Decision::new(told, Seen::HttpDns, Some(name));
        }
        Decision::new(verdict, Seen::Address, self.memory.name(remote.ip(), self.now))
    }

    /// The verdict on the name under which a server in plain HTTP told the address of `remote`.
    fn told(&self, remote: SocketAddr, app: Option<AppId>) -> Option<(Name, Verdict)> {
        let verdict = |name: &Name| match app {
            None => dns::verdict(name, self.rules),
            app => self.rules.verdict(name.as_str(), app),
        };
        self.memory.told(remote, self.now, verdict)
    }

    fn blocked_for_app(&self, remote: SocketAddr, app: Option<AppId>) -> Option<(Name, Verdict)> {
        let verdict = |name: &Name| self.rules.verdict(name.as_str(), app);
        app.and_then(|_| self.memory.blocked_for_app(remote.ip(), self.now, verdict))
    }

    /// The verdict of a rule on the address of `remote` that decides whatever name a flow to it shows: a block, or the
    /// owner's allow, or a rule for its app. An allowing verdict on a name under which the address was answered goes before a
    /// block for all.
    pub(crate) fn decide_by_address_rule(&self, remote: SocketAddr, app: Option<AppId>) -> Option<Decision> {
        let ip = nat64::unwrap(remote.ip(), self.upstream.nat64_prefix);
        let verdict = self.config.verdict_ip(self.rules, ip, remote.port(), app)?;
        let decides = if matches!(verdict.because, Because::AppRule(_)) {
            true
        } else if verdict.is_block() {
            let is_covered = self
                .memory
                .covering(remote.ip(), None, self.now)
                .is_some_and(|origin| !origin.verdict.is_block());
            let precedence = verdict.because.precedence();
            let is_told = self
                .told(remote, app)
                .is_some_and(|(_, told)| !told.is_block() && told.because.precedence() < precedence);
            !is_covered && !is_told
        } else {
            matches!(verdict.because, Because::OwnerAllow(_))
        };
        decides.then(|| Decision::new(verdict, Seen::Address, self.memory.name(remote.ip(), self.now)))
    }

    /// The verdict on a flow to `remote` that shows `name`: by a rule for its app on it, by the owner's rule or the essential
    /// name under which the address was answered, if `name` is one of its aliases, else by the name itself.
    pub(crate) fn decide_by_name(
        &self,
        name: Name,
        seen: Seen,
        remote: SocketAddr,
        app: Option<AppId>,
    ) -> Decision {
        let verdict = self.rules.verdict(name.as_str(), app);
        if !matches!(verdict.because, Because::AppRule(_))
            && let Some(origin) = self.memory.covering(remote.ip(), Some(&name), self.now)
        {
            return Decision::new(origin.verdict, seen, Some(origin.asked.clone()));
        }
        Decision::new(verdict, seen, Some(name))
    }

    /// Counts a verdict and tells it to the log, with whose flow it is where that was asked for.
    pub(crate) fn tell(
        &mut self,
        transport: Transport,
        decision: Decision,
        app: SocketAddr,
        remote: SocketAddr,
        owner: Owner,
    ) {
        if decision.verdict.is_block() {
            self.stats.blocked += 1;
        } else {
            self.stats.allowed += 1;
        }
        let refused = decision.verdict.is_block();
        let mark = self.outbox.mark();
        self.outbox.push(Command::Event(Event::Verdict(VerdictEvent {
            at: self.now,
            transport,
            action: decision.verdict.action,
            reason: decision.reason,
            app,
            remote,
            owner: owner.app(),
            record_type: None,
        })));
        // The refusal itself does not wait: its socket mostly outlives it. Nobody knows whose an echo request is.
        let asks = self.config.names_owners && owner == Owner::NotAsked && transport == Transport::Udp;
        if refused && asks {
            self.outbox.await_owner(mark, transport, self.now);
        }
    }
}

/// Tells the app ICMP errors, so many a second.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    second: u64,
    told: u32,
}

impl Errors {
    /// Tells the sender of `packet` that its destination cannot be reached.
    pub(crate) fn tell(&mut self, cause: Unreachable, to: IpAddr, packet: &[u8], cx: &mut Context<'_>) {
        let second = cx.now.as_micros() / 1_000_000;
        if second != self.second {
            (self.second, self.told) = (second, 0);
        }
        if self.told == MAX_ERRORS {
            return;
        }
        self.told += 1;
        if let Some(error) = emit_unreachable(to, cause, packet) {
            cx.outbox.push(Command::WriteTun(error));
        }
    }
}
