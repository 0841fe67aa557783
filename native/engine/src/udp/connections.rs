//! The QUIC connections of one five-tuple: which were judged, and which wait for their names.
//!
//! A verdict belongs to a connection, not to the five-tuple: one socket of an app may open many connections to one address.
//! A connection is told by the id that its client sends to; a Retry makes the client choose another, and it is read again.

use std::collections::VecDeque;

use wire::quic::{ConnectionId, LongHeader, Version};
use wire::{EchExtension, Name};

use crate::inspect::{Finding, QuicReader, Undecidable};
use crate::owner::Owner;

/// Connections of one five-tuple that are remembered at most.
const MAX_CONNECTIONS: usize = 8;
/// Datagrams that are held at most, of a connection, or for an owner.
const MAX_HELD: usize = 8;
/// Bytes that are held at most.
const MAX_BYTES: usize = 12 * 1024;

/// What tells one connection of a five-tuple from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionKey {
    version: Version,
    dcid: ConnectionId,
}

impl ConnectionKey {
    pub(super) fn of(packet: &LongHeader<'_>) -> Self {
        Self {
            version: packet.version,
            dcid: ConnectionId::new(packet.dcid),
        }
    }

    /// The id that the client sent to.
    pub(super) fn dcid(&self) -> &[u8] {
        self.dcid.as_bytes()
    }
}

/// A datagram that waits for a verdict.
#[derive(Debug)]
pub(super) struct HeldDatagram {
    pub(super) payload: Vec<u8>,
    pub(super) may_fragment: bool,
}

/// Datagrams that wait, in order.
#[derive(Debug, Default)]
pub(super) struct Held {
    datagrams: Vec<HeldDatagram>,
    bytes: usize,
}

impl Held {
    /// Keeps a datagram; false if there is no room for it.
    pub(super) fn keep(&mut self, payload: &[u8], may_fragment: bool) -> bool {
        if self.datagrams.len() == MAX_HELD || self.bytes + payload.len() > MAX_BYTES {
            return false;
        }
        self.bytes += payload.len();
        self.datagrams.push(HeldDatagram {
            payload: payload.to_vec(),
            may_fragment,
        });
        true
    }

    /// Takes what was held, in order.
    pub(super) fn take(&mut self) -> Vec<HeldDatagram> {
        self.bytes = 0;
        std::mem::take(&mut self.datagrams)
    }
}

/// What waits for a name.
#[derive(Debug, Default)]
pub(super) struct Hold {
    reader: Option<QuicReader>,
    held: Held,
    /// Whose it is, if that was asked for before.
    pub(super) owner: Owner,
}

impl Hold {
    pub(super) fn of(owner: Owner) -> Self {
        Self {
            owner,
            ..Self::default()
        }
    }

    /// Reads one more datagram.
    pub(super) fn read(
        &mut self,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<Finding> {
        if self.reader.is_none() {
            self.reader = QuicReader::new(packet);
        }
        self.reader.as_mut()?.push(datagram, scratch)
    }

    /// Keeps a datagram; false if there is no room for it.
    pub(super) fn keep(&mut self, payload: &[u8], may_fragment: bool) -> bool {
        self.held.keep(payload, may_fragment)
    }

    /// What is known if nothing more comes.
    pub(super) fn cut_off(&mut self) -> Finding {
        let none = Finding::Undecidable(Undecidable::TooLong);
        self.reader.as_mut().map_or(none, QuicReader::cut_off)
    }

    /// The encrypted_client_hello extension of the hello that was read.
    pub(super) fn ech(&self) -> Option<EchExtension> {
        self.reader.as_ref().and_then(QuicReader::ech)
    }

    /// Takes what was held, in order.
    pub(super) fn take_datagrams(&mut self) -> Vec<HeldDatagram> {
        self.held.take()
    }
}

/// How far a connection is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Its name is not known yet.
    Held(Box<Hold>),
    /// Let through without a name. What follows is still read: a hello that was held back is found before its last byte
    /// leaves.
    LetGo(Box<Hold>),
    /// Let through, by this name if it showed one.
    Allowed(Option<Name>),
    /// Refused, by this name if it showed one.
    Blocked(Option<Name>),
}

/// One connection.
#[derive(Debug)]
struct Connection {
    key: ConnectionKey,
    /// What its client first sent to, which its keys follow from; another than `key` once the server has chosen an id.
    opened_by: ConnectionKey,
    stage: Stage,
}

/// The connections of one five-tuple, the newest last.
#[derive(Debug, Default)]
pub(super) struct Connections {
    list: VecDeque<Connection>,
    /// Whose they are, if that mattered.
    pub(super) owner: Owner,
}

impl Connections {
    pub(super) fn stage_mut(&mut self, key: ConnectionKey) -> Option<&mut Stage> {
        self.list
            .iter_mut()
            .find(|connection| connection.key == key)
            .map(|connection| &mut connection.stage)
    }

    /// The newest connection that is held.
    pub(super) fn held_mut(&mut self) -> Option<(ConnectionKey, &mut Hold)> {
        self.list
            .iter_mut()
            .rev()
            .find_map(|connection| match &mut connection.stage {
                Stage::Held(hold) => Some((connection.key, &mut **hold)),
                Stage::LetGo(_) | Stage::Allowed(_) | Stage::Blocked(_) => None,
            })
    }

    /// Whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Reads a datagram to an id that is not known with the keys of those that were let through without a name: of which
    /// it is, and what it shows.
    pub(super) fn read_let_go(
        &mut self,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<(ConnectionKey, Finding)> {
        self.list
            .iter_mut()
            .rev()
            .find_map(|connection| match &mut connection.stage {
                Stage::LetGo(hold) => Some((connection.key, hold.read(packet, datagram, scratch)?)),
                Stage::Held(_) | Stage::Allowed(_) | Stage::Blocked(_) => None,
            })
    }

    /// A connection that was judged by its name goes on under the id that its server chose.
    pub(super) fn go_on(&mut self, of: ConnectionKey, key: ConnectionKey) {
        let stage = match self.stage_mut(of) {
            Some(Stage::Allowed(name)) => Stage::Allowed(name.clone()),
            Some(Stage::Blocked(name)) => Stage::Blocked(name.clone()),
            Some(Stage::Held(_) | Stage::LetGo(_)) | None => return,
        };
        self.push(key, stage);
        if let Some(last) = self.list.back_mut() {
            last.opened_by = of;
        }
    }

    /// What the client of a connection first sent to.
    pub(super) fn opened_by(&self, key: ConnectionKey) -> ConnectionKey {
        let mut list = self.list.iter();
        list.find(|connection| connection.key == key)
            .map_or(key, |connection| connection.opened_by)
    }

    /// Whether one of them was let through.
    pub(super) fn has_allowed(&self) -> bool {
        let mut stages = self.list.iter().map(|connection| &connection.stage);
        stages.any(|stage| matches!(stage, Stage::LetGo(_) | Stage::Allowed(_)))
    }

    /// The connection that has to be decided before there is room for another.
    pub(super) fn held_and_in_the_way(&self) -> Option<ConnectionKey> {
        let first = self.list.get(self.next_to_go()?)?;
        matches!(first.stage, Stage::Held(_)).then_some(first.key)
    }

    /// Which one gives way to another, when there is no room: a refused one, since it is judged again if it comes back.
    fn next_to_go(&self) -> Option<usize> {
        if self.list.len() < MAX_CONNECTIONS {
            return None;
        }
        let blocked = |connection: &Connection| matches!(connection.stage, Stage::Blocked(_));
        Some(self.list.iter().position(blocked).unwrap_or(0))
    }

    /// Adds a connection.
    pub(super) fn push(&mut self, key: ConnectionKey, stage: Stage) {
        if let Some(at) = self.next_to_go() {
            self.list.remove(at);
        }
        self.list.push_back(Connection {
            key,
            opened_by: key,
            stage,
        });
    }

    /// Whether the newest verdict, before this one, was the same: a Retry made the client say its name again.
    pub(super) fn repeats(&self, name: Option<&Name>, blocked: bool) -> bool {
        let last = self
            .list
            .iter()
            .rev()
            .find_map(|connection| match &connection.stage {
                Stage::Held(_) | Stage::LetGo(_) => None,
                Stage::Allowed(name) => Some((name.as_ref(), false)),
                Stage::Blocked(name) => Some((name.as_ref(), true)),
            });
        name.is_some() && last == Some((name, blocked))
    }

    /// The names of the connections that were let through.
    pub(super) fn allowed_names(&self) -> impl Iterator<Item = &Name> {
        self.list.iter().filter_map(|connection| match &connection.stage {
            Stage::Allowed(name) => name.as_ref(),
            Stage::Held(_) | Stage::LetGo(_) | Stage::Blocked(_) => None,
        })
    }

    /// Forgets the verdicts; what is held stays. False if nothing is.
    pub(super) fn forget_verdicts(&mut self) -> bool {
        self.list
            .retain(|connection| matches!(connection.stage, Stage::Held(_)));
        !self.list.is_empty()
    }
}
