//! Time: retransmission, probes, stages, and what is dropped when the table is full.

use std::time::Duration;

use wire::tcp::{Flags, Options, Segment};

use super::flow::{Flow, Phase, Upstream};
use super::open::emit_packet;
use super::{Context, Life, Tcp};
use crate::Timestamp;
use crate::outbox::Command;

/// First retransmission. The way to the app is a queue in memory; only a loss or a frozen phone takes longer.
pub(super) const RETRANSMIT: Duration = Duration::from_millis(200);
/// How long an ACK waits for an answer that can carry it. Less than what the app's kernel waits before it sends again,
/// 200 ms, and than the half second of RFC 9293 section 3.8.6.3.
pub(super) const ACK_WAIT: Duration = Duration::from_millis(100);
/// Longest wait between two.
const RETRANSMIT_MAX: Duration = Duration::from_secs(60);
/// Retransmissions without a word of the app after which it is gone.
const RETRIES: u8 = 12;
/// First retransmission of a SYN-ACK (RFC 6298 section 2.1).
pub(super) const SYN_RETRANSMIT: Duration = Duration::from_secs(1);
/// SYN-ACKs sent again at most.
const SYN_RETRIES: u8 = 5;
/// A half-closed flow without traffic ends after this.
pub(super) const HALF_CLOSED: Duration = Duration::from_secs(300);
/// An established flow is never given up for a new one before it was idle for this.
const EVICTABLE: Duration = Duration::from_secs(1800);
/// For how long a full table in which nothing could be given up is not searched again: each SYN would pay for all flows.
const FULL: Duration = Duration::from_secs(1);
/// The shortest interval of keep-alives that is mirrored upstream.
pub(super) const KEEPALIVE_FLOOR: Duration = Duration::from_secs(60);

/// RFC 6298 section 5.5: doubling, bounded.
pub(super) fn backoff(retries: u8) -> Duration {
    RETRANSMIT
        .saturating_mul(1 << retries.min(10))
        .min(RETRANSMIT_MAX)
}

impl Tcp {
    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.restore_cap(cx.now, cx.config.segment_cap);
        while let Some((at, id)) = self.timers.pop_due(cx.now) {
            self.with(id, cx, |tcp, flow, cx| {
                flow.disarm(at);
                if flow.ack_at.is_some_and(|at| at <= cx.now) {
                    // A flow whose answers come later than that pays no wake-up for its next ACK.
                    flow.ack_at = None;
                    flow.answers_late = true;
                    flow.ack_pending = true;
                    tcp.activate(flow);
                }
                tcp.fetch_gathered(flow);
                if flow.retransmit_at.is_some_and(|at| at <= cx.now)
                    && let Life::Ends { reset } = tcp.retransmit(flow, cx)
                {
                    return Life::Ends { reset };
                }
                if flow.stage_at.is_some_and(|at| at <= cx.now) {
                    return tcp.stage_over(flow, cx);
                }
                Life::Goes
            });
        }
    }

    fn retransmit(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        flow.retransmit_at = None;
        if flow.phase == Phase::SynAckSent {
            return self.retransmit_syn_ack(flow, cx);
        }
        let closed = flow.snd_wnd == 0 && flow.readable;
        if flow.in_flight() == 0 && flow.unsent() == 0 && !closed {
            return Life::Goes;
        }
        if flow.retries >= RETRIES && cx.now.since(flow.heard_at) > RETRANSMIT_MAX {
            return self.reset_app(flow, cx);
        }
        flow.retries = flow.retries.saturating_add(1);
        if flow.snd_wnd == 0 {
            flow.retransmit_at = Some(cx.now + backoff(flow.retries));
            let window = self.advertise(flow);
            probe(flow, window, cx);
            return Life::Goes;
        }
        cx.stats.retransmitted += 1;
        if flow.retries == 2 && flow.recover.is_some() {
            // Twice in a row: large packets may be what does not get through on this phone.
            self.segment_cap = (self.segment_cap / 2).max(usize::from(cx.config.mtu));
        }
        self.rewind(flow, cx.now);
        Life::Goes
    }

    fn retransmit_syn_ack(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if flow.retries >= SYN_RETRIES {
            return Life::Ends { reset: true };
        }
        flow.retries += 1;
        flow.retransmit_at = Some(cx.now + SYN_RETRANSMIT.saturating_mul(1 << flow.retries));
        self.send_syn_ack(flow, cx);
        Life::Goes
    }

    /// Frees one place in a full table: a half-closed flow, else the established one that is idle for longest, if that
    /// is half an hour: push channels are quiet for many minutes and must live.
    pub(super) fn evict_one(&mut self, cx: &mut Context<'_>) -> bool {
        let now = cx.now;
        if self.full_until.is_some_and(|until| now < until) {
            return false;
        }
        let idle = |flow: &Flow| now.since(flow.heard_at) >= EVICTABLE;
        let Some(id) = self
            .table
            .find_flow(Flow::is_half_closed)
            .or_else(|| self.table.most_idle(idle))
        else {
            self.full_until = Some(now + FULL);
            return false;
        };
        cx.stats.evicted += 1;
        self.with(id, cx, |tcp, flow, cx| tcp.reset_app(flow, cx));
        true
    }

    /// A loss of the clock's continuity or of the network: every flow of the lost one is reset.
    pub(crate) fn network_changed(&mut self, cx: &mut Context<'_>) {
        self.truthful.clear();
        for id in self.table.ids() {
            self.with(id, cx, |tcp, flow, cx| tcp.reset_app(flow, cx));
        }
    }

    /// The network may have lost a family: flows of it would hang until they time out.
    pub(crate) fn upstream_changed(&mut self, cx: &mut Context<'_>) {
        if cx.upstream.ipv4 && cx.upstream.ipv6 {
            return;
        }
        for id in self.table.ids() {
            self.with(id, cx, |tcp, flow, cx| {
                let is_local = flow.upstream == Upstream::Local;
                if is_local || cx.upstream.has_route(flow.remote.ip()) {
                    return Life::Goes;
                }
                tcp.reset_app(flow, cx)
            });
        }
    }

    /// Open flows are judged again, by their remembered names or their addresses.
    pub(crate) fn replace_rules(&mut self, cx: &mut Context<'_>) {
        self.truthful.clear();
        for id in self.table.ids() {
            self.judge_again(id, cx);
        }
    }
}

/// A zero-window probe: an old sequence number, which the app answers with where it is and what it takes.
fn probe(flow: &Flow, window: u16, cx: &mut Context<'_>) {
    cx.outbox.push(Command::WriteTun(emit_packet(&Segment {
        src: flow.remote,
        dst: flow.app,
        seq: flow.snd_una - 1,
        ack: flow.rcv_nxt,
        flags: Flags::ACK,
        window,
        options: &Options::default(),
    })));
}

/// The deadline of a half-closed flow.
pub(super) fn half_closed_at(now: Timestamp) -> Timestamp {
    crate::timer::slotted(now + HALF_CLOSED)
}
