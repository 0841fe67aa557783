//! Segments to the app: data, FIN, ACK.

use std::time::Duration;

use wire::tcp::{self, Flags, Options, Segment, SeqNumber};

use super::flow::{Flow, Phase};
use super::open::emit_packet;
use super::receive::Arrival;
use super::{Context, Tcp};
use crate::chunk::MAX_SLICES;
use crate::outbox::Command;
use crate::{FlowId, Timestamp};

/// Segments at the MTU that may be out while a loss is being mended.
const RECOVERY_SEGMENTS: usize = 10;
/// RSTs a second to segments without a flow.
const RESETS: u32 = 100;
/// How long the TUN is spared large packets after it refused one.
const CAP_HALVED: Duration = Duration::from_secs(10);

/// A segment that was emitted: its header lies in the splice, its body in the flow's queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lent {
    pub(super) flow: FlowId,
    pub(super) header_len: usize,
    /// Where the body begins in the flow's queue.
    pub(crate) offset: usize,
    /// Its length in bytes.
    pub(crate) len: usize,
}

impl Tcp {
    /// Emits the flow's next segment, if it has one.
    pub(super) fn emit_next(&mut self, flow: &mut Flow) -> Option<Lent> {
        if flow.phase != Phase::Established {
            flow.ack_pending = false;
            return None;
        }
        let offset = flow.bytes_in_flight();
        // Only what fits the pieces of one write is on its way then.
        let len = flow.sent.slices(offset, self.sendable(flow), |_| ());
        let fin =
            flow.eof && !flow.fin_acked && offset + len == flow.sent.len() && flow.in_flight() == offset;
        if len == 0 && !fin {
            if flow.unsent() > 0 && flow.retransmit_at.is_none() {
                // A closed window: the timer probes it.
                flow.retransmit_at = Some(self.now + super::expire::backoff(flow.retries));
            }
            if !flow.ack_pending
                || self.ack_may_wait(flow)
                || self.budget.acks_a_turn().is_some_and(|most| self.acks >= most)
            {
                return None;
            }
            self.acks += 1;
            flow.ack_pending = false;
            return Some(self.emit(flow, 0, 0, Flags::ACK));
        }
        let flags = if len > 0 {
            Flags::ACK.with(Flags::PSH)
        } else {
            Flags::ACK
        };
        let lent = self.emit(
            flow,
            offset,
            len,
            if fin { flags.with(Flags::FIN) } else { flags },
        );
        flow.snd_nxt += len + usize::from(fin);
        flow.snd_max = flow.snd_max.max(flow.snd_nxt);
        flow.fin_sent |= fin;
        flow.ack_pending = false;
        if flow.retransmit_at.is_none() {
            flow.retransmit_at = Some(self.now + super::expire::RETRANSMIT);
        }
        Some(lent)
    }

    /// Bytes of the largest segment.
    pub(super) fn payload_cap(&self, flow: &Flow) -> usize {
        let cap = self.segment_cap.saturating_sub(tcp::MAX_HEADER);
        cap.max(usize::from(flow.mss))
    }

    /// Bytes that the next segment carries.
    fn sendable(&self, flow: &Flow) -> usize {
        let in_flight = flow.bytes_in_flight();
        let mut window = flow.snd_wnd as usize;
        let mut cap = self.payload_cap(flow);
        if flow.recover.is_some() {
            cap = usize::from(flow.mss);
            window = window.min(RECOVERY_SEGMENTS * cap);
        }
        let room = window.saturating_sub(in_flight);
        let unsent = flow.unsent();
        let len = unsent.min(room).min(cap);
        // RFC 9293 section 3.8.6.2.1: no small segment into a window that is about to open.
        if len < unsent && len < usize::from(flow.mss) && in_flight > 0 {
            return 0;
        }
        len
    }

    fn emit(&mut self, flow: &mut Flow, offset: usize, len: usize, flags: Flags) -> Lent {
        let options = if flow.sack_permitted && !flow.hold.is_empty() {
            flow.hold.sack()
        } else {
            Options::default()
        };
        flow.ack_at = None;
        let window = self.advertise(flow);
        let segment = Segment {
            src: flow.remote,
            dst: flow.app,
            // A pure ACK carries the highest number: the app drops one that it takes for old.
            seq: if flags == Flags::ACK && len == 0 {
                flow.snd_max
            } else {
                flow.snd_una + offset
            },
            ack: flow.rcv_nxt,
            flags,
            window,
            options: &options,
        };
        let mut body: [&[u8]; MAX_SLICES] = [&[]; MAX_SLICES];
        let mut used = 0;
        let len = flow.sent.slices(offset, len, |piece| {
            if let Some(slot) = body.get_mut(used) {
                *slot = piece;
                used += 1;
            }
        });
        let header_len = tcp::emit(&mut self.header, &segment, &body[..used]);
        Lent {
            flow: flow.id,
            header_len,
            offset,
            len,
        }
    }

    /// Sends an ACK ahead of all else: a gap is told at once, most recent block first (RFC 5681 section 3.2, RFC 2018
    /// section 4).
    pub(super) fn send_ack(&self, flow: &mut Flow, cx: &mut Context<'_>) {
        let options = if flow.sack_permitted {
            flow.hold.sack()
        } else {
            Options::default()
        };
        let window = self.advertise(flow);
        cx.outbox.push(Command::WriteTun(emit_packet(&Segment {
            src: flow.remote,
            dst: flow.app,
            seq: flow.snd_max,
            ack: flow.rcv_nxt,
            flags: Flags::ACK,
            window,
            options: &options,
        })));
        flow.ack_pending = false;
        flow.ack_at = None;
    }

    /// Sends again from the oldest unacknowledged byte on, at the MTU until the loss is mended.
    pub(super) fn rewind(&mut self, flow: &mut Flow, now: Timestamp) {
        flow.recover = Some(flow.snd_max);
        flow.snd_nxt = flow.snd_una;
        flow.retransmit_at = Some(now + super::expire::backoff(flow.retries));
        self.activate(flow);
    }

    /// RFC 9293 section 3.10.7.1: a segment without a flow gets a RST, so many a second.
    pub(super) fn refuse_segment(
        &mut self,
        app: std::net::SocketAddr,
        remote: std::net::SocketAddr,
        arrival: Arrival<'_>,
        cx: &mut Context<'_>,
    ) {
        let second = cx.now.as_micros() / 1_000_000;
        if self.resets.0 != second {
            self.resets = (second, 0);
        }
        if self.resets.1 == RESETS {
            return;
        }
        self.resets.1 += 1;
        let header = arrival.header;
        let (seq, ack, flags) = if header.flags.contains(Flags::ACK) {
            (header.ack, SeqNumber(0), Flags::RST)
        } else {
            let syn_fin = usize::from(header.flags.contains(Flags::SYN))
                + usize::from(header.flags.contains(Flags::FIN));
            let end = header.seq + arrival.payload().len() + syn_fin;
            (SeqNumber(0), end, Flags::RST.with(Flags::ACK))
        };
        cx.outbox.push(Command::WriteTun(emit_packet(&Segment {
            src: remote,
            dst: app,
            seq,
            ack,
            flags,
            window: 0,
            options: &Options::default(),
        })));
    }

    /// The TUN had no memory for the last packet: smaller ones for a while.
    pub(crate) fn handle_tun_full(&mut self, now: Timestamp, mtu: u16) {
        self.segment_cap = (self.segment_cap / 2).max(usize::from(mtu));
        self.segment_cap_until = Some(now + CAP_HALVED);
    }

    /// The time of smaller packets is over.
    pub(super) fn restore_cap(&mut self, now: Timestamp, cap: usize) {
        if self.segment_cap_until.is_some_and(|until| until <= now) {
            self.segment_cap_until = None;
            self.segment_cap = cap;
        }
    }
}
