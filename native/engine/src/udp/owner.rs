//! Datagrams for which it matters whose they are: they wait for the owner's name, in order, and then go on or are refused.

use blocklist::AppId;

use super::Udp;
use super::connections::{ConnectionKey, Held};
use super::quic::{Ends, Turn};
use crate::context::Context;
use crate::idle::Place;
use crate::inspect::Finding;
use crate::outbox::Command;
use crate::owner::{OWNER_WAIT, Owner};
use crate::{Discard, OwnerQuestion, Timestamp, Transport};

/// Five-tuples that wait at most; the one that waited longest goes on as one whose owner nobody knows.
const MAX_WAITS: usize = 256;

/// A five-tuple that waits for its owner.
#[derive(Debug)]
pub(super) struct Wait {
    id: u32,
    until: Timestamp,
    ends: Ends,
    /// Its QUIC connections that have shown what they show.
    found: Vec<(ConnectionKey, Finding)>,
    /// What came behind.
    held: Held,
}

impl Wait {
    /// Whether it is a five-tuple of another mapping.
    pub(super) fn is_of_another(&self, place: Place) -> bool {
        self.ends.place != place
    }
}

impl Udp {
    /// Whether the five-tuple waits for its owner. Then the datagram does, too, or is lost where there is no room for it: going
    /// on before those that came first, or unjudged, would be worse.
    pub(super) fn keep_waiting(
        &mut self,
        ends: Ends,
        datagram: &[u8],
        may_fragment: bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let Some(wait) = self.waits.iter_mut().find(|wait| wait.ends == ends) else {
            return false;
        };
        if !wait.held.keep(datagram, may_fragment) {
            cx.stats.discard(Discard::TableFull);
        }
        true
    }

    /// Asks for the owner of a five-tuple; what was found of a connection of it is judged with the answer.
    pub(super) fn ask_owner(
        &mut self,
        ends: Ends,
        found: Option<(ConnectionKey, Finding)>,
        cx: &mut Context<'_>,
    ) -> Turn {
        if let Some(wait) = self.waits.iter_mut().find(|wait| wait.ends == ends) {
            if let Some((key, finding)) = found {
                wait.found.retain(|(known, _)| *known != key);
                wait.found.push((key, finding));
            }
            return Turn::Await;
        }
        if self.waits.len() >= MAX_WAITS
            && let Some(first) = self.waits.pop_front()
        {
            self.end_wait(first, None, cx);
        }
        let id = self.next_wait;
        self.next_wait = self.next_wait.wrapping_add(1);
        self.waits.push_back(Wait {
            id,
            until: cx.now + OWNER_WAIT,
            ends,
            found: found.into_iter().collect(),
            held: Held::default(),
        });
        cx.outbox.push(Command::WhoOwns {
            question: OwnerQuestion::Datagrams(id),
            transport: Transport::Udp,
            app: ends.app,
            remote: ends.remote,
        });
        Turn::Await
    }

    /// The owner is known, or will not be.
    pub(crate) fn handle_owner(&mut self, id: u32, owner: Option<AppId>, cx: &mut Context<'_>) {
        let place = self.waits.iter().position(|wait| wait.id == id);
        if let Some(wait) = place.and_then(|place| self.waits.remove(place)) {
            self.end_wait(wait, owner, cx);
        }
    }

    /// A connection was judged before its owner was known.
    pub(super) fn wait_no_more(&mut self, ends: Ends, key: ConnectionKey) {
        if let Some(wait) = self.waits.iter_mut().find(|wait| wait.ends == ends) {
            wait.found.retain(|(known, _)| *known != key);
        }
    }

    /// Judges what has waited long enough, as of an owner whom nobody knows.
    pub(super) fn end_waits(&mut self, cx: &mut Context<'_>) {
        while let Some(wait) = self.waits.pop_front_if(|wait| wait.until <= cx.now) {
            self.end_wait(wait, None, cx);
        }
    }

    /// When `end_waits` has something to do.
    pub(super) fn next_wait_end(&self) -> Option<Timestamp> {
        self.waits.front().map(|wait| wait.until)
    }

    /// What waited takes its turn, in the order in which it came.
    fn end_wait(&mut self, mut wait: Wait, owner: Option<AppId>, cx: &mut Context<'_>) {
        let (ends, owner) = (wait.ends, Owner::Answered(owner));
        if let Some(quic) = self.peer_mut(ends).and_then(|peer| peer.quic.as_mut()) {
            quic.owner = owner;
        }
        for (key, finding) in wait.found {
            // Its datagrams go on with the verdict.
            _ = self.judge(ends, key, finding, None, owner, cx);
        }
        for datagram in wait.held.take() {
            match self.turn_of(ends, &datagram.payload, datagram.may_fragment, owner, cx) {
                Turn::Forward => self.forward(ends, vec![datagram], cx),
                Turn::Refuse | Turn::ByAddress => self.refuse(ends, &datagram.payload, None, cx),
                // He was asked for.
                Turn::Taken | Turn::Await => {}
            }
        }
    }
}
