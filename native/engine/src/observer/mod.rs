//! The passive observer: what the engine would have seen and decided, out of packets that somebody recorded.
//!
//! The same assembler, inspection and rules as live. What differs is what a recording is: both directions are seen,
//! packets are missing, connections are picked up in their middle.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use blocklist::{Because, Rules, Verdict};
use wire::Name;
use wire::dns::{Alias, Answer, Query, QueryError};
use wire::httpdns::Told;
use wire::ip::{IpHeader, Protocol};
use wire::quic::{Kind, LongHeader, Packets};
use wire::tcp::{Flags, TcpHeader};
use wire::udp::UdpHeader;

use crate::dns;
use crate::ech::EchConfigs;
use crate::fragment::Reassembly;
use crate::memory::Memory;
use crate::policy::Decision;
use crate::tcp::is_named;
use crate::{Discard, Reason, Seen, Stats, Timestamp};

mod connection;
mod cut_off;
mod quic;
mod stream;
mod table;

use connection::Connection;
use quic::QuicPair;
use stream::{Found, Said};
use table::Table;

/// Where questions go (RFC 1035 section 4.2).
const DNS_PORT: u16 = 53;

/// Pairs of ends that are remembered as judged, at most.
const MAX_TOLD: usize = 4_096;

/// A name that was seen, and what the rules say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where the name stood: `Query`, `Sni`, `Quic` or `Host`. `Cname` or `Target` for an answer that is refused for one
    /// of its names, `HttpDns` for a flow without a name to an address that was told in plain HTTP.
    pub seen: Seen,
    /// The name; for an answer, the name that was asked.
    pub name: Name,
    /// Who asked or connected.
    pub client: SocketAddr,
    /// The resolver or server.
    pub remote: SocketAddr,
    /// Allowed or refused.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The time of the packet that completed the name.
    pub at: Timestamp,
}

/// Reads recorded packets and reports the names in them with their verdicts.
#[derive(Debug)]
pub struct Observer {
    rules: Rules,
    table: Table<Connection>,
    quic: Table<QuicPair>,
    /// Out of the answers that were recorded.
    ech: EchConfigs,
    /// Memory for opened packets.
    scratch: Vec<u8>,
    reassembly: Reassembly,
    /// Addresses that were told in plain HTTP.
    memory: Memory,
    /// Ends between which datagrams were judged by such an address.
    told: BTreeSet<(SocketAddr, SocketAddr)>,
    sightings: VecDeque<Sighting>,
    stats: Stats,
}

impl Observer {
    /// An observer that judges by `rules`.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            table: Table::default(),
            quic: Table::default(),
            ech: EchConfigs::default(),
            scratch: Vec::new(),
            reassembly: Reassembly::default(),
            memory: Memory::default(),
            told: BTreeSet::new(),
            sightings: VecDeque::new(),
            stats: Stats::default(),
        }
    }

    /// Takes one IP packet. Bytes that make no sense are counted, never an error.
    pub fn handle_packet(&mut self, packet: &[u8], now: Timestamp) {
        self.stats.packets_in += 1;
        let Ok(ip) = IpHeader::parse(packet) else {
            self.stats.discard(Discard::MalformedIp);
            if let Some((ip, packet)) = cut_off::fitted(packet) {
                self.handle_whole(&ip, &packet, now);
            }
            return;
        };
        if ip.fragment.is_none() {
            return self.handle_whole(&ip, packet, now);
        }
        let whole = self.reassembly.handle_fragment(&ip, packet, now);
        self.stats.discarded[Discard::Fragment as usize] += self.reassembly.take_discarded();
        if let Some(whole) = whole
            && let Ok(ip) = IpHeader::parse(&whole)
        {
            self.handle_whole(&ip, &whole, now);
        }
    }

    fn handle_whole(&mut self, ip: &IpHeader, packet: &[u8], now: Timestamp) {
        let Some(payload) = packet.get(ip.payload.clone()) else {
            return self.stats.discard(Discard::MalformedIp);
        };
        match ip.protocol {
            Protocol::TCP => self.handle_segment(ip, payload, now),
            Protocol::UDP => self.handle_datagram(ip, payload, now),
            _ => {}
        }
    }

    /// The next name, in the order of the packets that completed them.
    pub fn poll_sighting(&mut self) -> Option<Sighting> {
        self.sightings.pop_front()
    }

    /// Counters.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The rules in force.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Forgets all connections: another recording begins.
    pub fn reset(&mut self) {
        self.table = Table::default();
        self.quic = Table::default();
        self.ech.clear();
        self.reassembly = Reassembly::default();
        self.memory = Memory::default();
        self.told.clear();
    }

    fn handle_segment(&mut self, ip: &IpHeader, segment: &[u8], now: Timestamp) {
        let Ok(tcp) = TcpHeader::parse(segment) else {
            return self.stats.discard(Discard::MalformedTransport);
        };
        let payload = segment.get(tcp.payload.clone()).unwrap_or_default();
        let (src, dst) = (
            SocketAddr::new(ip.src, tcp.src_port),
            SocketAddr::new(ip.dst, tcp.dst_port),
        );
        let mut found = Vec::new();
        self.table.with(src, dst, |connection: &mut Connection| {
            connection.handle_segment(src, dst, &tcp, payload, &mut found);
        });
        if tcp.flags.contains(Flags::SYN) && !tcp.flags.contains(Flags::ACK) && !is_named(dst.port()) {
            // Live it is refused here, if at all; a name that it shows later decides no more.
            self.report_told(src, dst, now);
        }
        for found in found {
            match found {
                Found::Name(said) => self.report(said, src, dst, now),
                Found::Nameless if is_named(dst.port()) => self.report_told(src, dst, now),
                Found::Nameless | Found::Request(..) => {}
                Found::Told(told) => self.learn(told, now),
                Found::Answer(message) => self.handle_answer(&message, dst, src, now),
            }
        }
    }

    /// A server told addresses in plain HTTP.
    fn learn(&mut self, told: Vec<Told>, now: Timestamp) {
        for told in told {
            self.memory.remember_told(told, &self.rules, now);
        }
    }

    /// A flow that shows no name, to an address that was told so: the verdict on the name that it was told under.
    fn report_told(&mut self, client: SocketAddr, remote: SocketAddr, at: Timestamp) {
        let verdict = |name: &Name| dns::verdict(name, &self.rules);
        let Some((name, verdict)) = self.memory.told(remote, at, verdict) else {
            return;
        };
        let by_address = self.rules.verdict_ip(remote.ip(), remote.port(), None);
        if by_address.is_none_or(|by| verdict.because.precedence() <= by.because.precedence()) {
            let decision = Decision::new(verdict, Seen::HttpDns, Some(name.clone()));
            self.push(Sighting::new(decision, Seen::HttpDns, name, (client, remote), at));
        }
    }

    fn handle_datagram(&mut self, ip: &IpHeader, datagram: &[u8], now: Timestamp) {
        let udp = match UdpHeader::parse(datagram) {
            Ok(udp) => udp,
            Err(_) => {
                self.stats.discard(Discard::MalformedTransport);
                let Some(udp) = cut_off::fitted_udp(datagram) else {
                    return;
                };
                udp
            }
        };
        let (src, dst) = (
            SocketAddr::new(ip.src, udp.src_port),
            SocketAddr::new(ip.dst, udp.dst_port),
        );
        let message = datagram.get(udp.payload).unwrap_or_default();
        if udp.dst_port == DNS_PORT {
            match Query::asked_name(message) {
                Ok(name) => {
                    let (seen, ech) = (Seen::Query, None);
                    self.report(Said { name, seen, ech }, src, dst, now);
                }
                Err(QueryError::Response) => {}
                Err(_) => self.stats.discard(Discard::MalformedDns),
            }
        } else if udp.src_port == DNS_PORT {
            self.handle_answer(message, dst, src, now);
        } else {
            self.handle_quic(src, dst, message, now);
        }
    }

    /// A resolver's answer, by datagram or by TCP.
    fn handle_answer(&mut self, message: &[u8], client: SocketAddr, resolver: SocketAddr, now: Timestamp) {
        let Some(name) = Query::answered_name(message) else {
            return;
        };
        let Ok(answer) = Answer::parse(message) else {
            return;
        };
        for published in &answer.ech {
            self.ech.remember(published, now);
        }
        if let Some(decision) = judge_answer(&self.rules, &name, answer) {
            let seen = decision.reason.seen;
            self.push(Sighting::new(decision, seen, name, (client, resolver), now));
        }
    }

    /// Reads a datagram on any port for a QUIC client's hello; what has no long header is not looked at again.
    fn handle_quic(&mut self, src: SocketAddr, dst: SocketAddr, datagram: &[u8], now: Timestamp) {
        let is_initial =
            |packet: &LongHeader<'_>| packet.kind == Kind::Initial && packet.version.is_readable();
        if !Packets::new(datagram).any(|packet| is_initial(&packet)) {
            return self.handle_nameless(src, dst, now);
        }
        let scratch = &mut self.scratch;
        let name = self
            .quic
            .with(src, dst, |pair| pair.handle_datagram(src, datagram, scratch));
        if let Some((name, ech)) = name {
            let seen = Seen::Quic;
            self.report(Said { name, seen, ech }, src, dst, now);
        }
    }

    /// A datagram that shows no name: one verdict for all between the same two ends.
    fn handle_nameless(&mut self, src: SocketAddr, dst: SocketAddr, now: Timestamp) {
        if !self.memory.knows(dst.ip(), now) || self.told.contains(&(src, dst)) {
            return;
        }
        if self.told.len() >= MAX_TOLD {
            self.told.clear();
        }
        self.told.insert((src, dst));
        self.report_told(src, dst, now);
    }

    fn report(&mut self, said: Said, client: SocketAddr, remote: SocketAddr, at: Timestamp) {
        let Said { name, seen, ech } = said;
        let ech = ech.map(|extension| self.ech.classify(Some(&name), extension, at));
        self.stats.questions += u64::from(seen == Seen::Query);
        let decision = judge(&self.rules, &name, seen, remote).with_ech(ech);
        self.push(Sighting::new(decision, seen, name, (client, remote), at));
    }

    fn push(&mut self, sighting: Sighting) {
        if sighting.verdict.is_block() {
            self.stats.blocked += 1;
        } else {
            self.stats.allowed += 1;
        }
        self.sightings.push_back(sighting);
    }
}

impl Sighting {
    fn new(
        decision: Decision,
        seen: Seen,
        name: Name,
        (client, remote): (SocketAddr, SocketAddr),
        at: Timestamp,
    ) -> Self {
        let Decision { verdict, reason } = decision;
        Self {
            seen,
            name,
            client,
            remote,
            verdict,
            reason,
            at,
        }
    }
}

/// As live: a question by its name alone; a flow by a rule on its server's address, where one decides at the SYN, else by
/// its name.
fn judge(rules: &Rules, name: &Name, seen: Seen, remote: SocketAddr) -> Decision {
    if seen == Seen::Query {
        return Decision::new(dns::verdict(name, rules), seen, Some(name.clone()));
    }
    match rules.verdict_ip(remote.ip(), remote.port(), None) {
        Some(verdict) if verdict.is_block() || matches!(verdict.because, Because::OwnerAllow(_)) => {
            Decision::new(verdict, Seen::Address, Some(name.clone()))
        }
        _ => Decision::new(rules.verdict(name.as_str(), None), seen, Some(name.clone())),
    }
}

/// The blocked name in the answer to an allowed question, if there is one: live, the answer does not reach the app.
fn judge_answer(rules: &Rules, asked: &Name, answer: Answer) -> Option<Decision> {
    let verdict = dns::verdict(asked, rules);
    if verdict.is_block() || verdict.covers_aliases() {
        return None;
    }
    let aliases = answer
        .aliases
        .into_iter()
        .flat_map(|Alias { from, to, service }| {
            [
                (from, Seen::Cname),
                (to, if service { Seen::Target } else { Seen::Cname }),
            ]
        });
    aliases
        .filter(|(name, _)| name != asked)
        .find_map(|(name, seen)| {
            let verdict = dns::verdict(&name, rules);
            verdict
                .is_block()
                .then(|| Decision::new(verdict, seen, Some(name)))
        })
}

#[cfg(test)]
mod tests;
