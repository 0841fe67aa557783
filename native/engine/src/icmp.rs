//! ICMP echo through ping sockets; everything else of ICMP is discarded.
//!
//! A ping socket has an identifier of its own, so one is kept per app address, identifier and destination, and the
//! app's identifier is put back into the reply.
//!
//! Nobody can say whose an echo request is (Android knows owners of TCP and UDP only), so the rule for all decides.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ahash::{HashMap, RandomState};
use wire::icmp::{EchoRequest, Unreachable, emit_echo_reply, emit_echo_request};

use crate::context::{Context, Errors};
use crate::idle::{IdleTable, Place};
use crate::outbox::Command;
use crate::owner::Owner;
use crate::packet::Packet;
use crate::{Discard, EchoId, Timestamp, Transport};

#[cfg(test)]
mod tests;

/// How long a ping socket may be idle.
const PATIENCE: [Duration; 1] = [Duration::from_secs(30)];
/// Ping sockets at most; the one that is idle for longest gives way.
const MAX_ECHOS: usize = 256;
/// The longest data under an IPv4 header, and under an IPv6 header.
const MAX_PAYLOAD: [usize; 2] = [65_535 - 28, 65_535 - 8];

/// Who pings whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    app: IpAddr,
    ident: u16,
    to: IpAddr,
}

#[derive(Debug)]
struct Echo {
    key: Key,
    /// Sequence number of the last request: the one that an error is told about.
    seq: u16,
    blocked: bool,
}

/// All pings under way.
#[derive(Debug)]
pub(crate) struct Icmp {
    table: IdleTable<Echo, 1>,
    by_key: HashMap<Key, Place>,
    errors: Errors,
}

impl Icmp {
    pub(crate) fn new(seed: u64) -> Self {
        let hasher = RandomState::with_seeds(seed, !seed, seed.rotate_left(32), seed.rotate_left(17));
        Self {
            table: IdleTable::new(PATIENCE),
            by_key: HashMap::with_hasher(hasher),
            errors: Errors::default(),
        }
    }

    /// An ICMP or ICMPv6 packet of the app.
    pub(crate) fn handle_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let request = match EchoRequest::parse(packet.ip, packet.payload()) {
            Ok(Some(request)) => request,
            Ok(None) => return cx.stats.discard(Discard::IcmpType),
            Err(_) => return cx.stats.discard(Discard::MalformedTransport),
        };
        let key = Key {
            app: packet.ip.src,
            ident: request.ident,
            to: packet.ip.dst,
        };
        // A resolver that exists answers for itself.
        let exists = cx
            .upstream
            .resolvers
            .iter()
            .any(|resolver| resolver.ip() == key.to);
        if cx.config.own_resolvers.contains(&key.to) && !exists {
            let data = packet.payload().get(request.payload).unwrap_or_default();
            let reply = emit_echo_reply(key.to, key.app, key.ident, request.seq, data);
            return cx.outbox.push(Command::WriteTun(reply));
        }
        if !cx.has_route(key.to) {
            return self.errors.tell(Unreachable::Net, key.to, packet.bytes, cx);
        }
        let place = self.echo_of(key, cx);
        self.table.touch(place, 0, cx.now);
        let Some(echo) = self.table.get_mut(place) else {
            return;
        };
        echo.seq = request.seq;
        if echo.blocked {
            return self
                .errors
                .tell(Unreachable::Prohibited, key.to, packet.bytes, cx);
        }
        if let Some(mtu) = packet.too_big_for(cx.upstream) {
            cx.stats.discard(Discard::TooBig);
            return self
                .errors
                .tell(Unreachable::TooBig(mtu), key.to, packet.bytes, cx);
        }
        let payload = packet.payload_part(request.payload);
        cx.outbox.push(Command::SendEcho {
            echo: id_of(place),
            to: key.to,
            seq: request.seq,
            payload,
        });
    }

    /// An echo reply came to the ping socket.
    pub(crate) fn handle_reply(&mut self, id: EchoId, seq: u16, payload: &[u8], cx: &mut Context<'_>) {
        let place = place_of(id);
        let Some(echo) = self.table.get(place).filter(|echo| !echo.blocked) else {
            return cx.stats.discard(Discard::Unsolicited);
        };
        let Key { app, ident, to } = echo.key;
        if payload.len() > MAX_PAYLOAD[usize::from(app.is_ipv6())] {
            return cx.stats.discard(Discard::TooBig);
        }
        self.table.touch(place, 0, cx.now);
        cx.outbox
            .push(Command::WriteTun(emit_echo_reply(to, app, ident, seq, payload)));
    }

    /// An ICMP error came for an echo request.
    pub(crate) fn handle_failed(&mut self, id: EchoId, cause: Unreachable, cx: &mut Context<'_>) {
        let Some(echo) = self.table.get(place_of(id)).filter(|echo| !echo.blocked) else {
            return cx.stats.discard(Discard::Unsolicited);
        };
        let Key { app, ident, to } = echo.key;
        let request = emit_echo_request(app, to, ident, echo.seq, &[]);
        self.errors.tell(cause, to, &request, cx);
    }

    /// Closes the ping sockets that were idle for too long.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        while let Some(place) = self.table.due(cx.now) {
            self.end(place, cx);
        }
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.table.poll_timeout()
    }

    /// The network or the rules are other ones: the next request opens another socket and is judged again.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>) {
        for place in self.table.places() {
            self.end(place, cx);
        }
    }

    /// The entry of a ping; judged when it is made.
    fn echo_of(&mut self, key: Key, cx: &mut Context<'_>) -> Place {
        if let Some(&place) = self.by_key.get(&key) {
            return place;
        }
        if self.table.len() == MAX_ECHOS
            && let Some(oldest) = self.table.most_idle(0)
        {
            cx.stats.evicted += 1;
            self.end(oldest, cx);
        }
        let remote = SocketAddr::new(key.to, 0);
        let decision = cx.decide_by_address(remote, None);
        let place = self.table.insert(
            Echo {
                key,
                seq: 0,
                blocked: decision.verdict.is_block(),
            },
            cx.now,
        );
        self.by_key.insert(key, place);
        // The identifier stands where a port does: it tells one ping of the app from another.
        cx.tell(
            Transport::Icmp,
            decision,
            SocketAddr::new(key.app, key.ident),
            remote,
            Owner::NotAsked,
        );
        place
    }

    fn end(&mut self, place: Place, cx: &mut Context<'_>) {
        let Some(echo) = self.table.remove(place) else {
            return;
        };
        self.by_key.remove(&echo.key);
        cx.outbox.push(Command::CloseEcho(id_of(place)));
    }
}

const fn id_of(place: Place) -> EchoId {
    EchoId {
        index: place.index,
        generation: place.generation,
    }
}

const fn place_of(id: EchoId) -> Place {
    Place {
        index: id.index,
        generation: id.generation,
    }
}
