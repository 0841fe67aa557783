//! QUIC among the datagrams: a connection's first flight is held until its name is known, then all of it goes on in
//! order, or is refused.

use std::net::SocketAddr;
use std::time::Duration;

use wire::icmp::Unreachable;
use wire::quic::{Kind, LongHeader, Opening, emit_refusal_of};
use wire::udp;

use super::connections::{ConnectionKey, HeldDatagram, Hold, Stage};
use super::finding::{decide, owner_matters};
use super::peers::{Peer, Standing};
use super::{Udp, id_of};
use crate::context::Context;
use crate::idle::Place;
use crate::inspect::{Finding, Undecidable};
use crate::outbox::{Command, Payload};
use crate::owner::Owner;
use crate::{Depth, Timestamp, Transport};

/// How long a first flight is held; no datagram that follows makes it longer. Clients send the first time again after
/// 200 ms or more (RFC 9002 section 6.2.2 asks for 999 ms).
const HOLD_WAIT: Duration = Duration::from_millis(100);
/// Connections that are held at most; the one that was held first is decided as it is.
const MAX_HOLDS: usize = 256;
/// Connections that were let through without a name and are still read, at most.
const MAX_LET_GO: usize = 64;
/// Nothing that could be read.
const UNRECOGNISED: Finding = Finding::Undecidable(Undecidable::Unrecognised);
/// Where unknown versions are taken for QUIC; elsewhere they are some other protocol's bytes.
const HTTPS_PORT: u16 = 443;

/// A five-tuple, and the mapping of its source endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) place: Place,
    pub(super) app: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// A connection that waits for its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    until: Timestamp,
    ends: Ends,
    key: ConnectionKey,
}

impl Waiting {
    /// Whether it is a connection of another mapping.
    pub(super) fn is_of_another(&self, place: Place) -> bool {
        self.ends.place != place
    }
}

/// What becomes of the datagram at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It goes on.
    Forward,
    /// It is refused.
    Refuse,
    /// It was kept, or is of no use any more.
    Taken,
    /// The five-tuple's verdict decides.
    ByAddress,
    /// It waits for the owner, who was just asked for.
    Await,
}

impl Udp {
    /// Reads a datagram for the name of a QUIC connection. `owner` is the app's, if it was asked for just now.
    pub(super) fn read_quic(
        &mut self,
        ends: Ends,
        datagram: &[u8],
        may_fragment: bool,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        if cx.config.depth == Depth::Dns {
            return Turn::ByAddress;
        }
        match Opening::parse(datagram) {
            Some(Opening::Readable(packet)) => {
                let owner = self.owner_of(ends, owner);
                self.on_opening(ends, &packet, datagram, may_fragment, owner, cx)
            }
            Some(Opening::Unreadable(packet))
                if packet.version.is_greased() || ends.remote.port() == HTTPS_PORT =>
            {
                self.on_unreadable(ends, &packet, owner, cx)
            }
            _ => self.follow(ends, datagram, may_fragment, cx),
        }
    }

    /// Whose the five-tuple is: as is known by now, or was before.
    fn owner_of(&mut self, ends: Ends, owner: Owner) -> Owner {
        let quic = self.peer_mut(ends).and_then(|peer| peer.quic.as_ref());
        match owner {
            Owner::NotAsked => quic.map_or(owner, |quic| quic.owner),
            known => known,
        }
    }

    /// A packet that may open a connection, or belongs to one that was opened.
    fn on_opening(
        &mut self,
        ends: Ends,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        may_fragment: bool,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        let key = ConnectionKey::of(packet);
        let mut scratch = std::mem::take(&mut self.scratch);
        let read = match self.stage_mut(ends, key) {
            Some(Stage::Allowed(_)) => Err(Turn::Forward),
            Some(Stage::Blocked(_)) => Err(Turn::Refuse),
            Some(Stage::LetGo(hold)) => match hold.read(packet, datagram, &mut scratch) {
                Some(Finding::Name(name, seen)) => Ok((Some(Finding::Name(name, seen)), None)),
                _ => Err(Turn::Forward),
            },
            Some(Stage::Held(hold)) => {
                let finding = hold.read(packet, datagram, &mut scratch);
                Ok((finding, None))
            }
            // A rule on the address decides whatever the name is.
            None if owner == Owner::NotAsked && cx.has_app_rule_ip(ends.remote) => Err(Turn::Await),
            None if cx.decide_by_address_rule(ends.remote, owner.app()).is_some() => Err(Turn::ByAddress),
            None => {
                let mut hold = Hold::of(owner);
                let finding = hold.read(packet, datagram, &mut scratch);
                Ok((finding, Some(hold)))
            }
        };
        self.scratch = scratch;
        match read {
            Err(Turn::Await) => self.ask_owner(ends, None, cx),
            Err(turn) => turn,
            // 0-RTT packets come before and behind the Initials.
            Ok((None | Some(Finding::NeedMore), None)) => self.follow(ends, datagram, may_fragment, cx),
            Ok((Some(finding), None)) => self.judge(ends, key, finding, None, owner, cx),
            Ok((finding, Some(hold))) => match finding {
                Some(Finding::NeedMore) => self.hold(ends, key, hold, datagram, may_fragment, cx),
                Some(finding) => self.judge(ends, key, finding, Some(hold), owner, cx),
                None if packet.kind == Kind::ZeroRtt => {
                    self.hold(ends, key, hold, datagram, may_fragment, cx)
                }
                // Sealed for another id: a connection goes on under the id that its server chose.
                None if self.has_quic(ends) => self.go_on(ends, packet, datagram, may_fragment, owner, cx),
                None => self.judge(ends, key, UNRECOGNISED, Some(hold), owner, cx),
            },
        }
    }

    /// A packet of a connection that is known, to an id that is not. One that was let through without a name may show it
    /// now: its server answered the first half of the hello, and the second is for the id in that answer.
    fn go_on(
        &mut self,
        ends: Ends,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        may_fragment: bool,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        let mut scratch = std::mem::take(&mut self.scratch);
        let quic = self.peer_mut(ends).and_then(|peer| peer.quic.as_mut());
        let read = quic.and_then(|quic| quic.read_let_go(packet, datagram, &mut scratch));
        self.scratch = scratch;
        let (of, name) = match read {
            Some((of, name @ Finding::Name(..))) => (of, name),
            Some(_) => return Turn::Forward,
            None => return self.follow(ends, datagram, may_fragment, cx),
        };
        let turn = self.judge(ends, of, name, None, owner, cx);
        if let Some(quic) = self.peer_mut(ends).and_then(|peer| peer.quic.as_mut()) {
            quic.go_on(of, ConnectionKey::of(packet));
        }
        turn
    }

    /// An opening of a version that nobody here reads.
    fn on_unreadable(
        &mut self,
        ends: Ends,
        packet: &LongHeader<'_>,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        let key = ConnectionKey::of(packet);
        match self.stage_mut(ends, key) {
            Some(Stage::Allowed(_) | Stage::LetGo(_)) => Turn::Forward,
            Some(Stage::Blocked(_)) => Turn::Refuse,
            Some(Stage::Held(_)) | None => self.judge(ends, key, UNRECOGNISED, None, owner, cx),
        }
    }

    /// A datagram that opens nothing: it waits with the connection that is held. One with a short header belongs to a
    /// connection that was let through, if there is one.
    fn follow(&mut self, ends: Ends, datagram: &[u8], may_fragment: bool, cx: &mut Context<'_>) -> Turn {
        if self.holds.is_empty() {
            return Turn::ByAddress;
        }
        let is_short = datagram.first().is_some_and(|first| first & 0x80 == 0);
        let Some(peer) = self.peer_mut(ends) else {
            return Turn::ByAddress;
        };
        if is_short && peer.standing == Standing::Allowed {
            return Turn::Forward;
        }
        let Some((key, hold)) = peer.quic.as_mut().and_then(|quic| quic.held_mut()) else {
            return Turn::ByAddress;
        };
        if hold.keep(datagram, may_fragment) {
            return Turn::Taken;
        }
        let finding = hold.cut_off();
        self.judge(ends, key, finding, None, Owner::NotAsked, cx)
    }

    /// Holds a connection's first datagram.
    fn hold(
        &mut self,
        ends: Ends,
        key: ConnectionKey,
        mut hold: Hold,
        datagram: &[u8],
        may_fragment: bool,
        cx: &mut Context<'_>,
    ) -> Turn {
        let owner = hold.owner;
        if !hold.keep(datagram, may_fragment) {
            let finding = hold.cut_off();
            return self.judge(ends, key, finding, Some(hold), owner, cx);
        }
        if self.holds.len() >= MAX_HOLDS
            && let Some(first) = self.holds.pop_front()
        {
            self.cut_off(first.ends, first.key, cx);
        }
        self.open(ends, key, Stage::Held(Box::new(hold)), owner, cx);
        self.holds.push_back(Waiting {
            until: cx.now + HOLD_WAIT,
            ends,
            key,
        });
        Turn::Taken
    }

    /// Remembers a connection, and whose it is.
    fn open(&mut self, ends: Ends, key: ConnectionKey, stage: Stage, owner: Owner, cx: &mut Context<'_>) {
        let oldest = self
            .peer_mut(ends)
            .and_then(|peer| peer.quic.as_ref()?.held_and_in_the_way());
        if let Some(oldest) = oldest {
            self.cut_off(ends, oldest, cx);
        }
        if self.peer_mut(ends).is_none() {
            self.insert_peer(ends, Standing::Waiting, cx);
        }
        if let Some(peer) = self.peer_mut(ends) {
            let quic = peer.quic.get_or_insert_default();
            quic.owner = owner;
            quic.push(key, stage);
        }
    }

    /// The verdict on a connection; what was held of it goes on, or is refused. `read` is what its first datagram was
    /// read with, if it was never held. Where apps differ and the owner was not asked for, he is, and the connection waits.
    pub(super) fn judge(
        &mut self,
        ends: Ends,
        key: ConnectionKey,
        finding: Finding,
        read: Option<Hold>,
        owner: Owner,
        cx: &mut Context<'_>,
    ) -> Turn {
        let owner = self.owner_of(ends, owner);
        if owner == Owner::NotAsked && owner_matters(&finding, ends.remote, cx) {
            self.holds
                .retain(|waiting| (waiting.ends, waiting.key) != (ends, key));
            if let Some(hold) = read {
                self.open(ends, key, Stage::Held(Box::new(hold)), owner, cx);
            }
            return self.ask_owner(ends, Some((key, finding)), cx);
        }
        let shown = match &finding {
            Finding::Name(name, _) => Some(name.clone()),
            Finding::NeedMore | Finding::Undecidable(_) => None,
        };
        let is_unread = shown.is_none() && finding != Finding::Undecidable(Undecidable::Nameless);
        let extension = match (&read, self.stage_mut(ends, key)) {
            (Some(hold), _) => hold.ech(),
            (None, Some(Stage::Held(hold) | Stage::LetGo(hold))) => hold.ech(),
            (None, _) => None,
        };
        let ech = extension.map(|extension| cx.memory.ech.classify(shown.as_ref(), extension, cx.now));
        let decision = decide(finding, ends.remote, owner, cx).with_ech(ech);
        let blocked = decision.verdict.is_block();
        let repeats = self
            .peer_mut(ends)
            .and_then(|peer| peer.quic.as_ref())
            .is_some_and(|quic| quic.repeats(shown.as_ref(), blocked));
        if !repeats {
            cx.tell(Transport::Udp, decision, ends.app, ends.remote, owner);
        }

        let stage = if blocked {
            Stage::Blocked(shown)
        } else {
            Stage::Allowed(shown)
        };
        let mut hold = match self.stage_mut(ends, key) {
            Some(before) => match std::mem::replace(before, stage) {
                Stage::Held(hold) | Stage::LetGo(hold) => Some(hold),
                Stage::Allowed(_) | Stage::Blocked(_) => None,
            },
            None => {
                self.open(ends, key, stage, owner, cx);
                read.map(Box::new)
            }
        };
        self.holds
            .retain(|waiting| (waiting.ends, waiting.key) != (ends, key));
        let held = hold
            .as_mut()
            .map(|hold| hold.take_datagrams())
            .unwrap_or_default();
        if let Some(hold) = hold.filter(|_| is_unread && !blocked) {
            self.let_go(ends, key, hold);
        }
        self.stand(ends, blocked);
        if !blocked {
            self.forward(ends, held, cx);
            return Turn::Forward;
        }
        let Some(first) = held.first() else {
            return Turn::Refuse;
        };
        self.refuse(ends, &first.payload, None, cx);
        Turn::Taken
    }

    /// Goes on reading a connection that was let through; those that were longest ago are read no more.
    fn let_go(&mut self, ends: Ends, key: ConnectionKey, hold: Box<Hold>) {
        if self.let_go.len() >= MAX_LET_GO
            && let Some((ends, key)) = self.let_go.pop_front()
            && let Some(stage @ Stage::LetGo(_)) = self.stage_mut(ends, key)
        {
            *stage = Stage::Allowed(None);
        }
        if let Some(stage) = self.stage_mut(ends, key) {
            *stage = Stage::LetGo(hold);
            self.let_go.push_back((ends, key));
        }
    }

    /// The standing of the five-tuple after a verdict on one of its connections.
    fn stand(&mut self, ends: Ends, blocked: bool) {
        if let Some(peer) = self.peer_mut(ends) {
            let allowed = !blocked || peer.quic.as_ref().is_some_and(|quic| quic.has_allowed());
            peer.standing = if allowed {
                Standing::Allowed
            } else {
                Standing::Blocked
            };
        }
    }

    /// Lets go on what was held.
    pub(super) fn forward(&self, ends: Ends, held: Vec<HeldDatagram>, cx: &mut Context<'_>) {
        for datagram in held {
            cx.stats.bytes_up += datagram.payload.len() as u64;
            cx.outbox.push(Command::SendDatagram {
                mapping: id_of(ends.place),
                to: ends.remote,
                payload: Payload::Owned(datagram.payload),
                may_fragment: datagram.may_fragment,
            });
        }
    }

    /// Refuses a datagram: closes its connection, if it is QUIC's, under the keys that a client expects of its server,
    /// and tells that nobody listens on the port. `packet` is the datagram's packet, if it is at hand.
    ///
    /// A client on a connected socket sees the ICMP error, one on another sees the close.
    pub(super) fn refuse(
        &mut self,
        ends: Ends,
        datagram: &[u8],
        packet: Option<&[u8]>,
        cx: &mut Context<'_>,
    ) {
        let mut header = [0; udp::MAX_HEADER];
        let to = ends.remote.ip();
        let ip = crate::nat64::unwrap(to, cx.upstream.nat64_prefix);
        let by_address = cx.rules.verdict_ip(ip, ends.remote.port(), None);
        let own = by_address.and_then(|verdict| verdict.reply);
        let refusal = cx.storms.refusal(to, own, cx.config, cx.now);
        let mut cause = refusal.of_datagram();
        if let Some(Opening::Readable(initial)) = Opening::parse(datagram)
            && let Some(refusal) = emit_refusal_of(&initial, self.opened_by(ends, &initial).dcid())
        {
            cause = Unreachable::Port;
            let len = udp::emit(&mut header, ends.remote, ends.app, &refusal);
            let close = [&header[..len], &refusal].concat();
            cx.outbox.push(Command::WriteTun(close));
        }
        // The headers alone are what the app's kernel looks at.
        let len = udp::emit(&mut header, ends.app, ends.remote, &[]);
        let quoted = packet.unwrap_or(&header[..len]);
        self.errors.tell(cause, ends.remote.ip(), quoted, cx);
    }

    /// Decides what was held for too long, as it is.
    pub(super) fn end_holds(&mut self, cx: &mut Context<'_>) {
        while self.holds.front().is_some_and(|first| first.until <= cx.now) {
            if let Some(first) = self.holds.pop_front() {
                self.cut_off(first.ends, first.key, cx);
            }
        }
    }

    /// A far end is about to be forgotten: what it holds is decided as it is, for an owner whom nobody knows.
    pub(super) fn give_way(&mut self, ends: Ends, cx: &mut Context<'_>) {
        while let Some((key, hold)) = self
            .peer_mut(ends)
            .and_then(|peer| peer.quic.as_mut()?.held_mut())
        {
            let finding = hold.cut_off();
            self.wait_no_more(ends, key);
            _ = self.judge(ends, key, finding, None, Owner::Answered(None), cx);
        }
    }

    /// As above, of all far ends of a mapping.
    pub(super) fn give_way_of(&mut self, place: Place, cx: &mut Context<'_>) {
        let Some(mapping) = self.table.get(place) else {
            return;
        };
        let (app, remotes): (_, Vec<SocketAddr>) = (mapping.app, mapping.peers.with_quic().collect());
        for remote in remotes {
            self.give_way(Ends { place, app, remote }, cx);
        }
    }

    /// When `end_holds` has something to do.
    pub(super) fn next_hold_end(&self) -> Option<Timestamp> {
        self.holds.front().map(|first| first.until)
    }

    fn cut_off(&mut self, ends: Ends, key: ConnectionKey, cx: &mut Context<'_>) {
        if let Some(Stage::Held(hold)) = self.stage_mut(ends, key) {
            let finding = hold.cut_off();
            _ = self.judge(ends, key, finding, None, Owner::NotAsked, cx);
        }
    }

    pub(super) fn peer_mut(&mut self, ends: Ends) -> Option<&mut Peer> {
        self.table.get_mut(ends.place)?.peers.find_mut(ends.remote)
    }

    fn has_quic(&mut self, ends: Ends) -> bool {
        let quic = self.peer_mut(ends).and_then(|peer| peer.quic.as_ref());
        quic.is_some_and(|quic| !quic.is_empty())
    }

    /// Whether a connection waits for its name.
    pub(super) fn has_held(&mut self, ends: Ends) -> bool {
        let quic = self.peer_mut(ends).and_then(|peer| peer.quic.as_mut());
        quic.is_some_and(|quic| quic.held_mut().is_some())
    }

    fn opened_by(&mut self, ends: Ends, packet: &LongHeader<'_>) -> ConnectionKey {
        let key = ConnectionKey::of(packet);
        let quic = self.peer_mut(ends).and_then(|peer| peer.quic.as_ref());
        quic.map_or(key, |quic| quic.opened_by(key))
    }

    fn stage_mut(&mut self, ends: Ends, key: ConnectionKey) -> Option<&mut Stage> {
        self.peer_mut(ends)?.quic.as_mut()?.stage_mut(key)
    }
}
