//! TCP towards the app: a splice, not a stack.
//!
//! The upstream socket does loss recovery and pacing for the long way; the way to the app is a queue in memory that is
//! almost never lossy. So the app's bytes go from the batch to the socket in one gathered write and get one ACK, and
//! the socket's bytes go from pooled chunks to the TUN in segments larger than its MTU. Read RFC 9293 before the rows
//! in `receive.rs`; where this differs from a full stack, the file says why.
//!
//! A file is one verb: `open` takes SYNs, `judge` decides, `receive` takes segments, `upload` and `download` pump, `learn` reads
//! answers that tell addresses, `transmit` emits, `expire` keeps time, `close` ends.

mod close;
mod download;
mod expire;
mod flow;
mod gather;
mod hold;
mod judge;
mod learn;
mod local;
mod open;
mod receive;
mod table;
mod transmit;
mod upload;
mod window;

use std::collections::VecDeque;
use std::net::SocketAddr;

use ahash::{HashMap, RandomState};
use blocklist::Rules;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use wire::Name;
use wire::tcp::SeqNumber;

use self::flow::Flow;
use self::table::{FlowKey, Table};
use self::upload::Piece;
use self::window::Budget;
use crate::chunk::{ChunkQueue, Pool};
use crate::dns::Dns;
use crate::inspect::Room;
use crate::memory::Memory;
use crate::outbox::Outbox;
use crate::storm::Storms;
use crate::timer::Timers;
use crate::{Batch, Config, FlowId, Stats, Timestamp, Upstream};

pub(crate) use self::open::is_named;
pub(crate) use self::receive::Arrival;
pub(crate) use self::transmit::Lent;

/// What the splice needs of the rest of the engine for one input.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) rules: &'a Rules,
    pub(crate) memory: &'a mut Memory,
    pub(crate) upstream: &'a Upstream,
    pub(crate) dns: &'a mut Dns,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) stats: &'a mut Stats,
    pub(crate) storms: &'a mut Storms,
    pub(crate) now: Timestamp,
}

/// Whether a flow goes on after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
enum Life {
    Goes,
    /// The flow is over; `reset` closes its socket with a RST.
    Ends {
        reset: bool,
    },
}

/// What the splice wants done next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Next {
    Send(FlowId),
    Recv(FlowId),
    Write(Lent),
}

/// All TCP flows.
#[derive(Debug)]
pub(crate) struct Tcp {
    table: Table,
    pool: Pool,
    timers: Timers,
    budget: Budget,
    /// Slices of the batch in hand, chained by flow.
    pieces: Vec<Piece>,
    /// Flows with something to send, either way.
    active: VecDeque<FlowId>,
    /// Flows whose ACK waits for the next turn: see [`Budget::acks_a_turn`].
    deferred: VecDeque<FlowId>,
    /// ACKs without data that went out in this turn.
    acks: u32,
    /// The batch in hand was full, so more packets wait behind it.
    more_waits: bool,
    /// Flows whose socket may be read in this turn.
    readable: VecDeque<FlowId>,
    /// Flows that used up their turn.
    readable_next: VecDeque<FlowId>,
    /// Flows whose answers are read for addresses.
    learning: usize,
    /// The name that was read last.
    last_name: Option<Name>,
    /// What all readers of first bytes hold.
    reading: Room,
    /// Where a silent opening failed lately, and until when the address opens truthfully.
    truthful: HashMap<SocketAddr, Timestamp>,
    /// Until when no flow can be given up for another.
    full_until: Option<Timestamp>,
    /// RSTs without a flow that may still be sent in this second.
    resets: (u64, u32),
    /// Largest IP packet written to the TUN, and until when it is halved.
    segment_cap: usize,
    segment_cap_until: Option<Timestamp>,
    header: [u8; wire::tcp::MAX_HEADER],
    random: ChaCha8Rng,
    now: Timestamp,
}

impl Tcp {
    pub(crate) fn new(config: &Config, mut random: ChaCha8Rng) -> Self {
        let mut hasher = || {
            RandomState::with_seeds(
                random.next_u64(),
                random.next_u64(),
                random.next_u64(),
                random.next_u64(),
            )
        };
        let (table, truthful) = (Table::new(hasher()), HashMap::with_hasher(hasher()));
        Self {
            table,
            pool: Pool::default(),
            timers: Timers::default(),
            budget: Budget::new(config.mtu),
            pieces: Vec::new(),
            active: VecDeque::new(),
            deferred: VecDeque::new(),
            acks: 0,
            more_waits: false,
            readable: VecDeque::new(),
            readable_next: VecDeque::new(),
            learning: 0,
            last_name: None,
            reading: Room::default(),
            truthful,
            full_until: None,
            resets: (0, 0),
            segment_cap: config.segment_cap,
            segment_cap_until: None,
            header: [0; wire::tcp::MAX_HEADER],
            random,
            now: Timestamp::ZERO,
        }
    }

    /// A turn begins: slices of the last batch are gone, and every flow may read again.
    pub(crate) fn begin_turn(&mut self, now: Timestamp) {
        self.now = now;
        self.readable.append(&mut self.readable_next);
        self.active.append(&mut self.deferred);
        self.acks = 0;
        self.more_waits = false;
    }

    /// The slices of the last batch are about to be overwritten.
    pub(crate) fn begin_batch(&mut self, batch: &Batch) {
        self.pieces.clear();
        self.more_waits = batch.is_full();
    }

    pub(crate) fn flows(&self) -> usize {
        self.table.len()
    }

    /// The next thing to do. Upload goes before ACKs, so that an ACK tells what the socket took; what is ready to be
    /// sent goes before more is read.
    pub(crate) fn poll(&mut self, batch: &Batch) -> Option<Next> {
        while let Some(&id) = self.active.front() {
            let Some(mut flow) = self.table.check_out(id) else {
                self.active.pop_front();
                continue;
            };
            let next = self.next_of(&mut flow, batch);
            if next.is_none() {
                self.active.pop_front();
                flow.queued = flow.ack_pending;
                if flow.ack_pending {
                    self.deferred.push_back(id);
                }
            }
            self.check_in(flow);
            if next.is_some() {
                return next;
            }
        }
        while let Some(id) = self.readable.pop_front() {
            if let Some(flow) = self.table.get_mut(id) {
                flow.read_queued = false;
                if flow.wants_read(&self.pool) {
                    return Some(Next::Recv(id));
                }
            }
        }
        None
    }

    fn next_of(&mut self, flow: &mut Flow, batch: &Batch) -> Option<Next> {
        if flow.has_upload() {
            if flow.can_send() {
                // Set again by `send_upstream`, so that a caller without the socket is not asked forever.
                flow.writable = false;
                return Some(Next::Send(flow.id));
            }
            self.flatten(flow, batch);
        }
        self.emit_next(flow).map(Next::Write)
    }

    /// The header and the pieces of a segment that `poll` announced.
    pub(crate) fn lent(&self, lent: Lent) -> (&[u8], Option<&ChunkQueue>) {
        (
            &self.header[..lent.header_len],
            self.table.get(lent.flow).map(|flow| &flow.sent),
        )
    }

    /// When something is due; a time that has passed if a flow waits for its next turn.
    ///
    /// Entries whose flows have nothing due by then are put right first: an acknowledged segment's retransmission
    /// wakes nobody.
    pub(crate) fn poll_timeout(&mut self) -> Option<Timestamp> {
        let waiting = [&self.readable_next, &self.active, &self.readable, &self.deferred];
        if waiting.iter().any(|flows| !flows.is_empty()) {
            return Some(Timestamp::ZERO);
        }
        while let Some((at, id)) = self.timers.first() {
            let flow = self.table.get_mut(id);
            if flow
                .as_ref()
                .is_some_and(|flow| flow.next_deadline().is_some_and(|due| due <= at))
            {
                return Some(at);
            }
            self.timers.drop_first();
            if let Some(flow) = flow {
                flow.disarm(at);
                flow.arm(&mut self.timers);
            }
        }
        None
    }

    /// Works on one flow, then puts it back or ends it.
    fn with(
        &mut self,
        id: FlowId,
        cx: &mut Context<'_>,
        step: impl FnOnce(&mut Self, &mut Flow, &mut Context<'_>) -> Life,
    ) {
        self.now = cx.now;
        let Some(mut flow) = self.table.check_out(id) else {
            return;
        };
        match step(self, &mut flow, cx) {
            Life::Goes => self.check_in(flow),
            Life::Ends { reset } => self.end(flow, reset, cx),
        }
    }

    fn check_in(&mut self, mut flow: Box<Flow>) {
        flow.arm(&mut self.timers);
        self.table.check_in(flow);
    }

    /// Puts a flow into the list of those with something to do.
    fn activate(&mut self, flow: &mut Flow) {
        if !flow.queued {
            flow.queued = true;
            self.active.push_back(flow.id);
        }
    }

    fn initial_sequence(&mut self) -> SeqNumber {
        SeqNumber(self.random.next_u32() as i32)
    }

    fn key_of(flow: &Flow) -> FlowKey {
        FlowKey::new(flow.app, flow.remote)
    }
}
