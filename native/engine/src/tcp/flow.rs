//! One TCP flow: what is known of both sides.

use std::net::SocketAddr;

use wire::tcp::{SeqNumber, TcpHeader};
use wire::{EchExtension, Name};

use super::gather::Gather;
use super::hold::Hold;
use crate::chunk::ChunkQueue;
use crate::inspect::{AnswerReader, Inspection, Next};
use crate::owner::Owner;
use crate::timer::{Timers, earlier};
use crate::{Failure, FlowId, Timestamp};

/// How far the handshake with the app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The SYN is taken; the SYN-ACK waits for the upstream side or for the owner.
    SynReceived,
    /// The SYN-ACK is out.
    SynAckSent,
    /// Both directions are open, or were.
    Established,
}

/// How far the upstream side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream {
    /// Not dialled: no verdict yet.
    None,
    /// Dialled.
    Dialing,
    /// Connected.
    Connected,
    /// There is none: the DNS service is the far end.
    Local,
    /// Failed; what was read is still delivered, then the app gets a RST.
    Failed(Failure),
}

/// Where the verdict stands.
#[derive(Debug)]
pub(super) enum Judgement {
    /// The first bytes are being read.
    Reading(Box<Inspection>),
    /// Its owner is being asked for: apps differ on it, or it is about to be refused.
    AwaitingOwner,
    /// Allowed.
    Allowed,
}

/// A place in the list of slices that arrived in this batch.
pub(super) const NO_PIECE: u32 = u32::MAX;

/// A flow. Sequence numbers named `rcv_*` count the app's bytes, `snd_*` those sent to it (RFC 9293 section 3.3.1).
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) id: FlowId,
    pub(super) app: SocketAddr,
    pub(super) remote: SocketAddr,

    pub(super) phase: Phase,
    pub(super) upstream: Upstream,
    pub(super) judgement: Judgement,
    pub(super) owner: Owner,
    /// Bytes of the app that were taken in order.
    pub(super) read: u64,
    /// Reads on after the first bytes were let go without a name: see `judge.rs`.
    pub(super) late: Option<Box<Inspection>>,
    /// Where the next request of a kept-alive HTTP connection begins, and what will read it.
    pub(super) next_request: Option<Box<(Next, Box<Inspection>)>>,
    /// Reads the server's answer, which tells addresses.
    pub(super) answer: Option<Box<AnswerReader>>,
    /// The name that the verdict was made on, if one was shown; for `replace_rules`.
    pub(super) name: Option<(Name, crate::Seen)>,
    /// Of the hello that was read.
    pub(super) ech: Option<EchExtension>,

    /// Next byte expected from the app.
    pub(super) rcv_nxt: SeqNumber,
    /// First byte after the window that was advertised; never moves left.
    pub(super) rcv_edge: SeqNumber,
    /// Shift of the windows that we advertise; 0 unless the app offered scaling.
    pub(super) rcv_scale: u8,
    /// Bytes of the app that were acknowledged and wait for the socket.
    pub(super) held: ChunkQueue,
    /// How many of them were judged although what follows is still being read.
    pub(super) judged: u32,
    /// Segments that came too early.
    pub(super) hold: Hold,
    /// First and last slice of this batch, an index into the table's pieces.
    pub(super) pieces: (u32, u32),
    /// Bytes in these slices.
    pub(super) piece_bytes: u32,

    /// Oldest byte that the app has not acknowledged.
    pub(super) snd_una: SeqNumber,
    /// Next byte to send.
    pub(super) snd_nxt: SeqNumber,
    /// Sequence and acknowledgement number of the segment that `snd_wnd` is from.
    pub(super) snd_wl: (SeqNumber, SeqNumber),
    /// First byte after all that was ever sent.
    pub(super) snd_max: SeqNumber,
    /// The app's window in bytes.
    pub(super) snd_wnd: u32,
    /// Shift of the app's windows.
    pub(super) snd_scale: u8,
    /// Bytes from `snd_una` on: unacknowledged, then unsent.
    pub(super) sent: ChunkQueue,
    /// Largest segment that the app takes.
    pub(super) mss: u16,
    pub(super) sack_permitted: bool,
    /// Duplicate ACKs in a row.
    pub(super) duplicates: u8,
    /// Retransmissions in a row without progress.
    pub(super) retries: u8,
    /// After a loss segments go out at the MTU until this byte is acknowledged.
    pub(super) recover: Option<SeqNumber>,

    /// The app's FIN is in order and counted in `rcv_nxt`.
    pub(super) fin_received: bool,
    /// SHUT_WR was asked for.
    pub(super) upstream_shut: bool,
    /// The far end sends no more.
    pub(super) eof: bool,
    /// Our FIN is counted in `snd_nxt`.
    pub(super) fin_sent: bool,
    /// Our FIN is acknowledged.
    pub(super) fin_acked: bool,
    /// The socket took no more bytes for good; what it still has to say is read first.
    pub(super) write_failed: Option<Failure>,
    /// The socket took everything at the last write.
    pub(super) writable: bool,
    /// The socket may have something to read.
    pub(super) readable: bool,
    /// The socket said that the far end has finished or failed: read on to the end.
    pub(super) hung_up: bool,
    /// The last read brought more than a small chunk holds.
    pub(super) bulk: bool,
    pub(super) ack_pending: bool,
    /// The last answer came too late to carry its ACK: see [`ack_at`](Self::ack_at).
    pub(super) answers_late: bool,
    /// In the list of flows with something to do.
    pub(super) queued: bool,
    /// In the list of flows with something to read.
    pub(super) read_queued: bool,
    /// SO_KEEPALIVE was set.
    pub(super) keepalive: bool,
    /// Opened without waiting for the server: see the openings in ARCHITECTURE.md.
    pub(super) silent: bool,
    /// Questions on this flow that wait for an answer (`Upstream::Local` only).
    pub(super) questions: u16,

    /// Bytes read from the socket in this turn.
    pub(super) turn_bytes: u32,
    /// 100 ms period in which the app last sent data.
    pub(super) sent_in: u32,
    /// When the app was last heard.
    pub(super) heard_at: Timestamp,
    /// Retransmission, or zero-window probe.
    pub(super) retransmit_at: Option<Timestamp>,
    /// When the ACK that waits for an answer to ride on goes out by itself.
    pub(super) ack_at: Option<Timestamp>,
    /// Of a flow that has brought more than a little at once.
    pub(super) gather: Option<Box<Gather>>,
    /// End of the stage: reading, dialling, asking, half-closed.
    pub(super) stage_at: Option<Timestamp>,
    /// When the flow's entries in the heap are due: the earliest, and one that was there before it.
    pub(super) armed_at: [Option<Timestamp>; 2],
}

impl Flow {
    pub(super) fn new(id: FlowId, app: SocketAddr, remote: SocketAddr, now: Timestamp) -> Self {
        Self {
            id,
            app,
            remote,
            phase: Phase::SynReceived,
            upstream: Upstream::None,
            judgement: Judgement::Reading(Box::default()),
            owner: Owner::NotAsked,
            read: 0,
            late: None,
            next_request: None,
            answer: None,
            name: None,
            ech: None,
            rcv_nxt: SeqNumber(0),
            rcv_edge: SeqNumber(0),
            rcv_scale: 0,
            held: ChunkQueue::default(),
            judged: 0,
            hold: Hold::default(),
            pieces: (NO_PIECE, NO_PIECE),
            piece_bytes: 0,
            snd_una: SeqNumber(0),
            snd_nxt: SeqNumber(0),
            snd_wl: (SeqNumber(0), SeqNumber(0)),
            snd_max: SeqNumber(0),
            snd_wnd: 0,
            snd_scale: 0,
            sent: ChunkQueue::default(),
            mss: 536,
            sack_permitted: false,
            duplicates: 0,
            retries: 0,
            recover: None,
            fin_received: false,
            upstream_shut: false,
            eof: false,
            fin_sent: false,
            fin_acked: false,
            write_failed: None,
            writable: true,
            readable: false,
            hung_up: false,
            bulk: false,
            ack_pending: false,
            answers_late: false,
            queued: false,
            read_queued: false,
            keepalive: false,
            silent: false,
            questions: 0,
            turn_bytes: 0,
            sent_in: 0,
            heard_at: now,
            retransmit_at: None,
            ack_at: None,
            gather: None,
            stage_at: None,
            armed_at: [None, None],
        }
    }

    /// Bytes (and our FIN) that are out and not acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        distance(self.snd_una, self.snd_nxt)
    }

    /// Bytes of `sent` that are out; our FIN is not one of them.
    pub(super) fn bytes_in_flight(&self) -> usize {
        self.in_flight().min(self.sent.len())
    }

    /// Bytes read from the socket and never sent, or to be sent again.
    pub(super) fn unsent(&self) -> usize {
        self.sent.len() - self.bytes_in_flight()
    }

    /// Whether the app's bytes may go straight to the socket.
    pub(super) fn can_forward(&self) -> bool {
        matches!(self.judgement, Judgement::Allowed) && self.upstream == Upstream::Connected && self.writable
    }

    /// How many of the app's next bytes come before the next request. They are to be taken.
    pub(super) fn until_next_request(&mut self, bytes: &[u8]) -> usize {
        match &mut self.next_request {
            Some(following) => following.0.pass(self.read, bytes),
            None => bytes.len(),
        }
    }

    /// Bytes of the app that were taken and are not judged yet.
    pub(super) fn unjudged(&self) -> usize {
        match self.judgement {
            Judgement::Allowed => 0,
            Judgement::Reading(_) | Judgement::AwaitingOwner => self.held.len() - self.judged as usize,
        }
    }

    /// Bytes that its readers take of the room of all.
    pub(super) fn reading_bytes(&self) -> usize {
        let reading = match &self.judgement {
            Judgement::Reading(inspection) => Some(inspection),
            Judgement::Allowed | Judgement::AwaitingOwner => None,
        };
        let next = self.next_request.as_ref().map(|following| &following.1);
        let readers = [reading, self.late.as_ref(), next].into_iter().flatten();
        readers.map(|inspection| inspection.share()).sum()
    }

    /// Whether the socket is to be offered bytes.
    pub(super) fn can_send(&self) -> bool {
        let allowed = matches!(self.judgement, Judgement::Allowed) && self.has_upload();
        self.upstream == Upstream::Connected && self.writable && (allowed || self.judged > 0)
    }

    /// Whether the next byte of the app begins another request of a connection that was allowed by a request's host.
    pub(super) fn next_request_begins(&self) -> bool {
        let following = self.next_request.as_ref();
        matches!(self.judgement, Judgement::Allowed)
            && following.is_some_and(|following| following.0.has_begun(self.read))
    }

    /// Reads again from here; what is held already was judged.
    pub(super) fn begin_next_request(&mut self) {
        if let Some(following) = self.next_request.take() {
            let (next, mut inspection) = *following;
            inspection.resume(next, self.read);
            self.judged = self.held.len() as u32;
            self.judgement = Judgement::Reading(inspection);
        }
    }

    /// The window that a segment offers, unless a later segment has offered another (RFC 9293 section 3.10.7.4).
    pub(super) fn window_of(&mut self, header: &TcpHeader) -> u32 {
        let (seq, ack) = self.snd_wl;
        if self.phase == Phase::Established && (header.seq < seq || header.seq == seq && header.ack < ack) {
            return self.snd_wnd;
        }
        self.snd_wl = (header.seq, header.ack);
        u32::from(header.window) << self.snd_scale
    }

    /// Whether the app's bytes wait for the socket.
    pub(super) fn has_upload(&self) -> bool {
        !self.held.is_empty() || self.piece_bytes > 0
    }

    /// The next time at which something is due.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        let fetch_at = self.gather.as_ref().and_then(|gather| gather.fetch_at);
        let soon = earlier(self.ack_at, fetch_at);
        earlier(earlier(self.retransmit_at, soon), self.stage_at)
    }

    /// Adds an entry for the next deadline, unless one that is due no later is there.
    pub(super) fn arm(&mut self, timers: &mut Timers) {
        let Some(at) = self.next_deadline() else { return };
        if self.armed_at[0].is_some_and(|armed| armed <= at) {
            return;
        }
        timers.arm(at, self.id);
        self.armed_at = [Some(at), self.armed_at[0]];
    }

    /// The entry that was due at `at` is gone.
    pub(super) fn disarm(&mut self, at: Timestamp) {
        if self.armed_at[0] == Some(at) {
            self.armed_at = [self.armed_at[1], None];
        }
    }

    /// Whether both directions are over and acknowledged.
    pub(super) fn is_finished(&self) -> bool {
        self.fin_acked && self.fin_received && (self.upstream_shut || self.upstream == Upstream::Local)
    }

    /// Whether one direction is over.
    pub(super) fn is_half_closed(&self) -> bool {
        self.fin_received || self.eof
    }
}

/// How far `to` lies behind `from`; 0 if it lies before it.
pub(super) fn distance(from: SeqNumber, to: SeqNumber) -> usize {
    if to > from { to - from } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_flow_is_small() {
        assert!(size_of::<Flow>() <= 392, "{}", size_of::<Flow>());
    }
}
