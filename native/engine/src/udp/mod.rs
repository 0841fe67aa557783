//! UDP: a mapping per source endpoint of the app, a verdict per far end, replies only from where the app has sent to.
//!
//! A mapping is one upstream socket, so that a peer sees one port of ours whatever the far end (RFC 4787 section 4.1);
//! what comes back is filtered by address and port (section 5, the strictest kind). QUIC has a verdict a connection.

mod connections;
mod finding;
mod owner;
mod peers;
mod quic;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use ahash::{HashMap, RandomState};
use wire::icmp::Unreachable;
use wire::quic::Opening;
use wire::udp::{self, UdpHeader};

use self::connections::ConnectionKey;
use self::owner::Wait;
use self::peers::{Peer, Peers, Standing};
use self::quic::{Ends, Turn, Waiting};
use crate::config::ENCRYPTED_DNS_PORT;
use crate::context::{Context, Errors};
use crate::idle::{IdleTable, Place};
use crate::outbox::Command;
use crate::owner::Owner;
use crate::packet::Packet;
use crate::{Discard, MappingId, Seen, Timestamp, Transport};

/// How long a mapping may be idle, by class.
const PATIENCE: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(180)];
/// Nothing came back yet.
const UNANSWERED: u8 = 0;
/// Something came back.
const ANSWERED: u8 = 1;

/// The longest payload under an IPv4 header, and under an IPv6 header (RFC 768, RFC 8200).
const MAX_PAYLOAD: [usize; 2] = [65_535 - 28, 65_535 - 8];

/// A source endpoint.
#[derive(Debug)]
struct Mapping {
    app: SocketAddr,
    peers: Peers,
}

/// All mappings. Bounded by `Config::max_udp_mappings`.
#[derive(Debug)]
pub(crate) struct Udp {
    table: IdleTable<Mapping, 2>,
    by_app: HashMap<SocketAddr, Place>,
    /// Peers on the heap, of all mappings.
    spilled: usize,
    /// QUIC connections that wait for their names, by the time at which they have waited long enough.
    holds: VecDeque<Waiting>,
    /// Those that were let through without a name and are still read.
    let_go: VecDeque<(Ends, ConnectionKey)>,
    /// Five-tuples that wait for their owner, in the order in which they are due.
    waits: VecDeque<Wait>,
    next_wait: u32,
    /// Memory for opened packets.
    scratch: Vec<u8>,
    errors: Errors,
}

impl Udp {
    pub(crate) fn new(seed: u64) -> Self {
        let hasher = RandomState::with_seeds(seed, !seed, seed.rotate_left(32), seed.rotate_left(17));
        Self {
            table: IdleTable::new(PATIENCE),
            by_app: HashMap::with_hasher(hasher),
            spilled: 0,
            holds: VecDeque::new(),
            let_go: VecDeque::new(),
            waits: VecDeque::new(),
            next_wait: 0,
            scratch: Vec::new(),
            errors: Errors::default(),
        }
    }

    /// A datagram of the app, not for port 53.
    pub(crate) fn handle_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Ok(udp) = UdpHeader::parse(packet.payload()) else {
            return cx.stats.discard(Discard::MalformedTransport);
        };
        // No socket sends to port 0.
        if udp.dst_port == 0 {
            return cx.stats.discard(Discard::Address);
        }
        let app = SocketAddr::new(packet.ip.src, udp.src_port);
        let remote = SocketAddr::new(packet.ip.dst, udp.dst_port);
        // As on TCP: an answer there would make the system believe in encrypted DNS at our own address.
        if remote.port() == ENCRYPTED_DNS_PORT && cx.config.own_resolvers.contains(&remote.ip()) {
            return self.errors.tell(Unreachable::Port, remote.ip(), packet.bytes, cx);
        }
        if !cx.has_route(remote.ip()) {
            return self.errors.tell(Unreachable::Net, remote.ip(), packet.bytes, cx);
        }
        let datagram = packet.payload().get(udp.payload.clone()).unwrap_or_default();
        let too_big = packet.too_big_for(cx.upstream);
        // Nothing is to be read out of a first flight that will not arrive whole.
        if let Some(mtu) = too_big.filter(|_| Opening::parse(datagram).is_some()) {
            return self.refuse_too_big(packet, mtu, cx);
        }
        let place = self.mapping_of(app, cx);
        self.table.touch(place, UNANSWERED, cx.now);
        let ends = Ends { place, app, remote };
        // Held, it would be lost later without a word.
        if let Some(mtu) = too_big.filter(|_| self.has_held(ends)) {
            return self.refuse_too_big(packet, mtu, cx);
        }
        let may_wait = !self.waits.is_empty() && too_big.is_none();
        if may_wait && self.keep_waiting(ends, datagram, packet.may_fragment(), cx) {
            return;
        }
        let turn = self.turn_of(ends, datagram, packet.may_fragment(), Owner::NotAsked, cx);
        match (turn, too_big) {
            (Turn::Taken, _) => return,
            (Turn::Refuse | Turn::ByAddress, _) => {
                return self.refuse(ends, datagram, Some(packet.bytes), cx);
            }
            (_, Some(mtu)) => return self.refuse_too_big(packet, mtu, cx),
            (Turn::Await, None) => {
                self.keep_waiting(ends, datagram, packet.may_fragment(), cx);
                return;
            }
            (Turn::Forward, None) => {}
        }
        cx.stats.bytes_up += udp.payload.len() as u64;
        cx.outbox.push(Command::SendDatagram {
            mapping: id_of(place),
            to: remote,
            payload: packet.payload_part(udp.payload),
            may_fragment: packet.may_fragment(),
        });
    }

    /// The path takes no packet of this length.
    fn refuse_too_big(&mut self, packet: &Packet<'_>, mtu: u16, cx: &mut Context<'_>) {
        cx.stats.discard(Discard::TooBig);
        self.errors
            .tell(Unreachable::TooBig(mtu), packet.ip.dst, packet.bytes, cx);
    }

    /// Datagrams of one sender came to the mapping's socket, end to end, `segment` bytes each.
    pub(crate) fn handle_datagrams(
        &mut self,
        id: MappingId,
        from: SocketAddr,
        payload: &[u8],
        segment: usize,
        cx: &mut Context<'_>,
    ) {
        let place = place_of(id);
        let Some(app) = self.app_of(place, from) else {
            return cx.stats.discard(Discard::Unsolicited);
        };
        self.table.touch(place, ANSWERED, cx.now);
        if payload.len() <= segment {
            // One, which may be empty.
            return Self::deliver(from, app, payload, cx);
        }
        for datagram in payload.chunks(segment.max(1)) {
            Self::deliver(from, app, datagram, cx);
        }
    }

    /// A datagram goes to the TUN in one packet, however long: the device takes more than its MTU.
    fn deliver(from: SocketAddr, app: SocketAddr, payload: &[u8], cx: &mut Context<'_>) {
        if payload.len() > MAX_PAYLOAD[usize::from(app.is_ipv6())] {
            return cx.stats.discard(Discard::TooBig);
        }
        let mut header = [0; udp::MAX_HEADER];
        let len = udp::emit(&mut header, from, app, payload);
        let mut packet = cx.outbox.packet(len + payload.len());
        packet.extend_from_slice(&header[..len]);
        packet.extend_from_slice(payload);
        cx.stats.bytes_down += payload.len() as u64;
        cx.outbox.push(Command::WriteTun(packet));
    }

    /// An ICMP error came for a datagram to `to`. It quotes the headers of the app's datagram, made anew: they are all
    /// that the app's kernel looks at.
    pub(crate) fn handle_datagram_failed(
        &mut self,
        id: MappingId,
        to: SocketAddr,
        cause: Unreachable,
        cx: &mut Context<'_>,
    ) {
        let Some(app) = self.app_of(place_of(id), to) else {
            return cx.stats.discard(Discard::Unsolicited);
        };
        let mut header = [0; udp::MAX_HEADER];
        let len = udp::emit(&mut header, app, to, &[]);
        self.errors.tell(cause, to.ip(), &header[..len], cx);
    }

    /// Ends the mappings that were idle for too long, and decides what was held for too long.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.end_holds(cx);
        self.end_waits(cx);
        while let Some(place) = self.table.due(cx.now) {
            self.end(place, cx);
        }
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let ends = [
            self.next_hold_end(),
            self.next_wait_end(),
            self.table.poll_timeout(),
        ];
        ends.into_iter().flatten().min()
    }

    /// The network is another one: its sockets are of no use, and the app's next datagram opens another.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>) {
        for place in self.table.places() {
            self.end(place, cx);
        }
    }

    /// The rules were replaced: allowed far ends are judged at once, blocked ones at their next datagram.
    pub(crate) fn judge_again(&mut self, cx: &mut Context<'_>) {
        for place in self.table.places() {
            let Some(mapping) = self.table.get_mut(place) else {
                continue;
            };
            let app = mapping.app;
            let judge = |peer: &mut Peer| judge_peer_again(peer, app, cx);
            mapping.peers.retain(judge, &mut self.spilled);
        }
    }

    /// Gives up the mapping that is idle for longest among those that nothing answered; false if there is none.
    pub(crate) fn evict_unanswered(&mut self, cx: &mut Context<'_>) -> bool {
        self.evict(UNANSWERED, cx)
    }

    /// Gives up the answered mapping that is idle for longest; false if there is none.
    pub(crate) fn evict_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.evict(ANSWERED, cx)
    }

    fn evict(&mut self, class: u8, cx: &mut Context<'_>) -> bool {
        let Some(place) = self.table.most_idle(usize::from(class)) else {
            return false;
        };
        cx.stats.evicted += 1;
        self.give_way_of(place, cx);
        self.end(place, cx);
        true
    }

    fn mapping_of(&mut self, app: SocketAddr, cx: &mut Context<'_>) -> Place {
        if let Some(&place) = self.by_app.get(&app) {
            return place;
        }
        while self.table.len() >= cx.config.max_udp_mappings.max(1) {
            if !self.evict_unanswered(cx) && !self.evict_idle(cx) {
                break;
            }
        }
        let place = self.table.insert(
            Mapping {
                app,
                peers: Peers::default(),
            },
            cx.now,
        );
        self.by_app.insert(app, place);
        cx.stats.udp_mappings = self.table.len() as u64;
        place
    }

    /// What becomes of a datagram; `owner` is the app's, if it was asked for.
    fn turn_of(
        &mut self,
        ends: Ends,
        datagram: &[u8],
        may_fragment: bool,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        match self.read_quic(ends, datagram, may_fragment, owner, cx) {
            Turn::ByAddress => self.judge_address(ends, owner, cx),
            turn => turn,
        }
    }

    /// The verdict on a five-tuple by its address, made at its first datagram.
    fn judge_address(&mut self, ends: Ends, owner: Owner, cx: &mut Context<'_>) -> Turn {
        if let Some(peer) = self.peer_mut(ends) {
            return turn(peer.standing);
        }
        if owner == Owner::NotAsked && cx.apps_differ(ends.remote) {
            return self.ask_owner(ends, None, cx);
        }
        let decision = cx.decide_by_address(ends.remote, owner.app());
        let standing = if decision.verdict.is_block() {
            Standing::Blocked
        } else {
            Standing::Allowed
        };
        self.insert_peer(ends, standing, cx);
        cx.tell(Transport::Udp, decision, ends.app, ends.remote, owner);
        turn(standing)
    }

    /// Remembers a far end. What the one that gives way to it still holds is decided first.
    fn insert_peer(&mut self, ends: Ends, standing: Standing, cx: &mut Context<'_>) {
        let peers = self.table.get(ends.place).map(|mapping| &mapping.peers);
        if let Some(gone) = peers.and_then(|peers| peers.next_to_go(self.spilled)) {
            let remote = gone.remote();
            self.give_way(Ends { remote, ..ends }, cx);
        }
        if let Some(mapping) = self.table.get_mut(ends.place)
            && mapping
                .peers
                .insert(Peer::new(ends.remote, standing), &mut self.spilled)
        {
            cx.stats.evicted += 1;
        }
    }

    /// The app's endpoint, if it has sent to `remote` and was allowed to.
    fn app_of(&self, place: Place, remote: SocketAddr) -> Option<SocketAddr> {
        let mapping = self.table.get(place)?;
        mapping
            .peers
            .find(remote)
            .filter(|peer| peer.standing == Standing::Allowed)
            .map(|_| mapping.app)
    }

    fn end(&mut self, place: Place, cx: &mut Context<'_>) {
        let Some(mapping) = self.table.remove(place) else {
            return;
        };
        self.by_app.remove(&mapping.app);
        self.spilled -= mapping.peers.spilled();
        self.holds.retain(|waiting| waiting.is_of_another(place));
        self.let_go.retain(|(ends, _)| ends.place != place);
        self.waits.retain(|wait| wait.is_of_another(place));
        cx.stats.udp_mappings = self.table.len() as u64;
        cx.outbox.push(Command::CloseMapping(id_of(place)));
    }
}

/// Judges a far end by new rules; false if it is to be judged at its next datagram.
fn judge_peer_again(peer: &mut Peer, app: SocketAddr, cx: &mut Context<'_>) -> bool {
    if peer.standing == Standing::Allowed {
        let remote = peer.remote();
        let owner = peer.quic.as_ref().map_or(Owner::NotAsked, |quic| quic.owner);
        let mut names = peer.quic.iter().flat_map(|quic| quic.allowed_names()).peekable();
        let is_named = names.peek().is_some();
        let by_name = names
            .map(|name| cx.decide_by_name(name.clone(), Seen::Quic, remote, owner.app()))
            .find(|decision| decision.verdict.is_block());
        let decision = cx
            .decide_by_address_rule(remote, owner.app())
            .or(by_name)
            .or_else(|| (!is_named).then(|| cx.decide_by_address(remote, owner.app())))
            .filter(|decision| decision.verdict.is_block());
        if let Some(decision) = decision {
            peer.standing = Standing::Blocked;
            cx.tell(Transport::Udp, decision, app, remote, owner);
        }
        return true;
    }
    // What is held is judged by the new rules when its name is known.
    peer.standing = Standing::Waiting;
    peer.quic.as_mut().is_some_and(|quic| quic.forget_verdicts())
}

/// What becomes of a datagram on a five-tuple that was judged.
fn turn(standing: Standing) -> Turn {
    match standing {
        Standing::Allowed => Turn::Forward,
        Standing::Blocked | Standing::Waiting => Turn::Refuse,
    }
}

const fn id_of(place: Place) -> MappingId {
    MappingId {
        index: place.index,
        generation: place.generation,
    }
}

const fn place_of(id: MappingId) -> Place {
    Place {
        index: id.index,
        generation: id.generation,
    }
}
