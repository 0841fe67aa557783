//! A segment from the app, for a flow that exists (RFC 9293 section 3.10.7.4).
//!
//! Checks are in the RFC's order: sequence, RST, SYN, ACK, data, FIN. Timestamps were never offered, so PAWS has
//! nothing to check.

use wire::tcp::{Flags, Options, TcpHeader};

use super::flow::{Flow, Phase, Upstream, distance};
use super::{Context, Life, Tcp};
use crate::outbox::Command;
use crate::{Batch, Discard, FlowId, Slice, Timestamp};

/// Duplicate ACKs that tell of a loss (RFC 5681 section 3.2).
const DUPLICATES: u8 = 3;

/// One segment, where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) header: &'a TcpHeader,
    /// The whole segment: header, options, payload.
    pub(crate) segment: &'a [u8],
    /// The same bytes in the batch; `None` if they were reassembled.
    pub(crate) slice: Option<Slice>,
}

impl<'a> Arrival<'a> {
    pub(super) fn payload(&self) -> &'a [u8] {
        self.segment.get(self.header.payload.clone()).unwrap_or_default()
    }

    pub(super) fn options(&self) -> Options {
        Options::parse(self.segment.get(self.header.options.clone()).unwrap_or_default())
    }

    /// The payload's part from `skip`, `len` bytes long.
    fn part(&self, skip: usize, len: usize) -> (&'a [u8], Option<Slice>) {
        let payload = self.payload();
        let end = payload.len().min(skip + len);
        let bytes = payload.get(skip..end).unwrap_or_default();
        (
            bytes,
            self.slice
                .map(|slice| slice.part(self.header.payload.start + skip, bytes.len())),
        )
    }
}

impl Tcp {
    pub(super) fn handle_arrival(
        &mut self,
        id: FlowId,
        arrival: Arrival<'_>,
        batch: &Batch,
        cx: &mut Context<'_>,
    ) {
        self.with(id, cx, |tcp, flow, cx| {
            let header = arrival.header;
            let silence = cx.now.since(flow.heard_at);
            flow.heard_at = cx.now;
            if header.flags.contains(Flags::RST) {
                return tcp.on_reset(flow, header, cx);
            }
            if header.flags.contains(Flags::SYN) {
                return tcp.on_second_syn(flow, arrival, cx);
            }
            if !header.flags.contains(Flags::ACK) || flow.phase == Phase::SynReceived {
                cx.stats.discard(Discard::OutsideWindow);
                return Life::Goes;
            }
            if header.ack > flow.snd_max {
                // It acknowledges what was never sent (RFC 9293 section 3.10.7.4).
                tcp.ack_now(flow);
                return Life::Goes;
            }
            if let Life::Ends { reset } = tcp.on_ack(flow, arrival, cx) {
                return Life::Ends { reset };
            }
            if flow.phase != Phase::Established {
                return Life::Goes;
            }
            if arrival.payload().len() <= 1 && header.seq + 1 == flow.rcv_nxt && !flow.fin_received {
                tcp.on_keepalive(flow, silence, cx);
                return Life::Goes;
            }
            if let Life::Ends { reset } = tcp.on_data(flow, arrival, batch, cx) {
                return Life::Ends { reset };
            }
            tcp.on_fin(flow, arrival, cx)
        });
    }

    /// RFC 5961 section 3.2: only the exact sequence number resets; another one in the window is challenged.
    fn on_reset(&mut self, flow: &mut Flow, header: &TcpHeader, cx: &mut Context<'_>) -> Life {
        if flow.fin_received && flow.fin_acked {
            // The conversation with the app is over, as in TIME-WAIT (RFC 1337): its RST answers something stale and
            // takes back nothing of what is still on its way to the far end.
            return Life::Goes;
        }
        if header.seq == flow.rcv_nxt || flow.phase == Phase::SynReceived {
            return Life::Ends { reset: true };
        }
        if header.seq > flow.rcv_nxt && header.seq < flow.rcv_edge {
            self.ack_now(flow);
        } else {
            cx.stats.discard(Discard::OutsideWindow);
        }
        Life::Goes
    }

    fn on_second_syn(&mut self, flow: &mut Flow, arrival: Arrival<'_>, cx: &mut Context<'_>) -> Life {
        let header = arrival.header;
        if header.flags.contains(Flags::ACK) {
            cx.stats.discard(Discard::OutsideWindow);
            return Life::Goes;
        }
        match flow.phase {
            // The app asks again while the far end has not answered: the answer is still to come. Another number is
            // another attempt from the same port.
            Phase::SynReceived if header.seq + 1 == flow.rcv_nxt => {}
            Phase::SynReceived => self.read_syn(flow, arrival, cx),
            Phase::SynAckSent if header.seq + 1 == flow.rcv_nxt => self.send_syn_ack(flow, cx),
            // RFC 5961 section 4.2.
            Phase::SynAckSent | Phase::Established => self.ack_now(flow),
        }
        Life::Goes
    }

    fn on_ack(&mut self, flow: &mut Flow, arrival: Arrival<'_>, cx: &mut Context<'_>) -> Life {
        let header = arrival.header;
        if header.ack < flow.snd_una {
            return Life::Goes;
        }
        let window = flow.window_of(header);
        let opened = window > flow.snd_wnd;
        if header.ack > flow.snd_una {
            let opening = flow.phase == Phase::SynAckSent;
            self.on_progress(flow, header, cx.now);
            if opening {
                self.on_established(flow, cx);
            }
        } else if flow.in_flight() > 0 && arrival.payload().is_empty() && window == flow.snd_wnd {
            self.on_duplicate(flow, cx);
        }
        flow.snd_wnd = window;
        if flow.is_finished() {
            return self.finish(flow, cx);
        }
        if let Upstream::Failed(_) = flow.upstream
            && flow.sent.is_empty()
        {
            return self.reset_app(flow, cx);
        }
        if opened {
            // A probe is no loss: what the window let through goes out at once.
            flow.retries = 0;
            if flow.in_flight() == 0 {
                flow.retransmit_at = None;
            }
        }
        self.probe_later(flow);
        if flow.unsent() > 0 || flow.eof {
            self.activate(flow);
        }
        self.queue_read(flow);
        Life::Goes
    }

    fn on_progress(&mut self, flow: &mut Flow, header: &TcpHeader, now: Timestamp) {
        let mut acked = distance(flow.snd_una, header.ack);
        if flow.phase == Phase::SynAckSent {
            flow.phase = Phase::Established;
            acked -= 1;
        }
        if acked > flow.sent.len() {
            flow.fin_acked = flow.fin_sent;
        }
        flow.sent.consume(acked, &mut self.pool);
        flow.snd_una = header.ack;
        flow.snd_nxt = flow.snd_nxt.max(header.ack);
        flow.duplicates = 0;
        flow.retries = 0;
        if flow.recover.is_some_and(|recover| header.ack >= recover) {
            flow.recover = None;
        }
        flow.retransmit_at = (flow.in_flight() > 0).then(|| now + super::expire::RETRANSMIT);
    }

    fn on_duplicate(&mut self, flow: &mut Flow, cx: &mut Context<'_>) {
        flow.duplicates = flow.duplicates.saturating_add(1);
        if flow.duplicates == DUPLICATES && flow.recover.is_none() {
            self.rewind(flow, cx.now);
            cx.stats.retransmitted += 1;
        }
    }

    /// A probe of the app whether we are still there: answered, and mirrored upstream, so that the carrier's NAT keeps
    /// the flow that the app wants kept.
    fn on_keepalive(&mut self, flow: &mut Flow, silence: std::time::Duration, cx: &mut Context<'_>) {
        self.ack_now(flow);
        if !flow.keepalive && flow.upstream == Upstream::Connected {
            flow.keepalive = true;
            let interval = silence.max(super::expire::KEEPALIVE_FLOOR);
            cx.outbox.push(Command::Keepalive {
                flow: flow.id,
                interval,
            });
        }
    }

    fn ack_now(&mut self, flow: &mut Flow) {
        flow.ack_pending = true;
        self.activate(flow);
    }

    /// Lets the ACK ride on the answer, if one is to be expected soon. No more than one segment waits for its ACK, and
    /// that is a small one: the app would take the loss of several for likely long before (RFC 8985 section 7).
    fn ack_with_answer(&mut self, flow: &mut Flow, now: Timestamp) {
        if flow.eof || flow.answers_late || flow.ack_pending || flow.ack_at.is_some() {
            self.ack_now(flow);
        } else {
            flow.ack_at = Some(now + super::expire::ACK_WAIT);
        }
    }

    fn on_data(
        &mut self,
        flow: &mut Flow,
        arrival: Arrival<'_>,
        batch: &Batch,
        cx: &mut Context<'_>,
    ) -> Life {
        let len = arrival.payload().len();
        if len == 0 {
            return Life::Goes;
        }
        let seq = arrival.header.seq;
        let old = distance(seq, flow.rcv_nxt);
        let room = distance(seq, flow.rcv_edge);
        if flow.fin_received || old >= len || room == 0 {
            // Seen already, or a probe of a closed window: the ACK tells where we are.
            self.ack_now(flow);
            return Life::Goes;
        }
        if seq > flow.rcv_nxt {
            if flow.hold.is_empty() {
                self.budget.on_gap(cx.now);
            }
            let (bytes, _) = arrival.part(0, room);
            flow.hold.insert(seq, bytes);
            self.send_ack(flow, cx);
            return Life::Goes;
        }
        self.budget.on_clean(flow, cx.now);
        if len < usize::from(flow.mss) && old == 0 && flow.hold.is_empty() {
            self.ack_with_answer(flow, cx.now);
        } else {
            self.ack_now(flow);
        }
        let (bytes, slice) = arrival.part(old, room - old);
        if let Life::Ends { reset } = self.take_in_order(flow, bytes, slice, batch, cx) {
            return Life::Ends { reset };
        }
        while let Some((bytes, skip)) = flow.hold.take(flow.rcv_nxt) {
            self.flatten(flow, batch);
            let bytes = bytes.get(skip..).unwrap_or_default();
            if let Life::Ends { reset } = self.take_in_order(flow, bytes, None, batch, cx) {
                return Life::Ends { reset };
            }
        }
        Life::Goes
    }

    /// Bytes whose turn it is: read for a name while there is no verdict, else on their way.
    pub(super) fn take_in_order(
        &mut self,
        flow: &mut Flow,
        bytes: &[u8],
        slice: Option<Slice>,
        batch: &Batch,
        cx: &mut Context<'_>,
    ) -> Life {
        flow.rcv_nxt += bytes.len();
        if flow.upstream == Upstream::Local {
            return self.take_local(flow, bytes, cx);
        }
        let mut taken = 0;
        while let rest = bytes.get(taken..).unwrap_or_default()
            && !rest.is_empty()
        {
            if flow.next_request_begins() {
                // What came before was judged, and goes on whatever the next request is.
                self.flatten(flow, batch);
                flow.begin_next_request();
            }
            if let Life::Ends { reset } = self.read_for_name(flow, rest, cx) {
                return Life::Ends { reset };
            }
            let len = flow.until_next_request(rest);
            if len == 0 {
                // The next request waits until the verdict on this one: not taken, so the app sends it again.
                flow.rcv_nxt = flow.rcv_nxt - rest.len();
                return Life::Goes;
            }
            if slice.is_none() || !flow.can_forward() {
                self.flatten(flow, batch);
            }
            self.append(flow, &rest[..len], slice.map(|slice| slice.part(taken, len)));
            flow.read += len as u64;
            taken += len;
        }
        Life::Goes
    }

    fn on_fin(&mut self, flow: &mut Flow, arrival: Arrival<'_>, cx: &mut Context<'_>) -> Life {
        if !arrival.header.flags.contains(Flags::FIN) {
            return Life::Goes;
        }
        if flow.fin_received || arrival.header.seq + arrival.payload().len() != flow.rcv_nxt {
            // Not its turn yet: the app sends it again with what is missing.
            self.ack_now(flow);
            return Life::Goes;
        }
        self.ack_with_answer(flow, cx.now);
        flow.fin_received = true;
        flow.rcv_nxt += 1;
        self.on_half_close(flow, cx)
    }
}
