//! How much the app may send: credit, and the budget that all senders share.
//!
//! The TUN's queue holds 500 packets on most systems and drops silently beyond. So the windows of all flows that are
//! sending now may together not exceed a budget of packets; a gap in a flow's sequence halves it, clean packets
//! restore it.

use std::time::Duration;

use super::Tcp;
use super::flow::{Flow, Judgement, Phase, Upstream, distance};
use crate::Timestamp;
use crate::inspect::LIMIT;

/// Packets that senders may have outstanding together.
const BUDGET: u32 = 400;
/// The least that gaps can bring the budget to.
const BUDGET_FLOOR: u32 = 12;
/// Packets in order after which the budget grows by one step.
const CLEAN: u32 = 1000;
/// That step.
const STEP: u32 = 25;
/// One overflow of the queue leaves gaps in many flows; those of this time count once.
const OVERFLOW: Duration = Duration::from_millis(20);
/// Packets that each sender may have outstanding whatever the budget.
const LEAST: u32 = 2;
/// A flow that sent in this period or the one before is a sender.
const PERIOD: Duration = Duration::from_millis(100);

/// The packets that may be on their way from the phone.
#[derive(Debug)]
pub(super) struct Budget {
    mtu: u32,
    packets: u32,
    clean: u32,
    /// When a gap last counted.
    gap_at: Option<Timestamp>,
    period: u32,
    senders: u32,
    senders_before: u32,
}

impl Budget {
    pub(super) fn new(mtu: u16) -> Self {
        Self {
            mtu: u32::from(mtu),
            packets: BUDGET,
            clean: 0,
            gap_at: None,
            period: 0,
            senders: 0,
            senders_before: 0,
        }
    }

    /// A segment arrived in order.
    pub(super) fn on_clean(&mut self, flow: &mut Flow, now: Timestamp) {
        self.clean += 1;
        if self.clean == CLEAN {
            self.clean = 0;
            self.packets = (self.packets + STEP).min(BUDGET);
        }
        self.count(flow, now);
    }

    /// Counts the flow as a sender; one that opens is about to be.
    pub(super) fn count(&mut self, flow: &mut Flow, now: Timestamp) {
        let period = (now.as_micros() / PERIOD.as_micros() as u64) as u32;
        if period != self.period {
            self.senders_before = if period == self.period.wrapping_add(1) {
                self.senders
            } else {
                0
            };
            self.senders = 0;
            self.period = period;
        }
        if flow.sent_in != period {
            flow.sent_in = period;
            self.senders += 1;
        }
    }

    /// A sequence gap opened: the queue is shorter than thought.
    pub(super) fn on_gap(&mut self, now: Timestamp) {
        self.clean = 0;
        if self.gap_at.is_some_and(|at| now.since(at) < OVERFLOW) {
            return;
        }
        self.gap_at = Some(now);
        self.packets = (self.packets / 2).max(BUDGET_FLOOR);
    }

    /// One flow's share in bytes; never less than two segments, or its loss recovery would stand still.
    fn share(&self) -> usize {
        let senders = self.senders.max(self.senders_before).max(1);
        (self.packets / senders).max(LEAST) as usize * self.mtu as usize
    }

    /// How many flows may be let go on in one turn; `None` if the budget is enough for all.
    ///
    /// An app that has used its window waits for the ACK. When there are more of them than the queue has places, their ACKs
    /// take turns, and the queue is emptied in between: otherwise the same few would fill it again each time, and the
    /// others' packets would be the ones that find no place.
    pub(super) fn acks_a_turn(&self) -> Option<u32> {
        let senders = self.senders.max(self.senders_before);
        (self.packets < LEAST * senders).then(|| (self.packets / LEAST).max(1))
    }

    /// The most one flow gets: four batches at the MTU, within what a phone can spare.
    fn flow_cap(&self) -> usize {
        if self.mtu < 4000 { 256 * 1024 } else { 512 * 1024 }
    }
}

impl Tcp {
    /// How many more bytes the app may send now.
    pub(super) fn credit(&self, flow: &Flow) -> usize {
        let waiting = flow.held.len() - flow.judged as usize + flow.piece_bytes as usize;
        match flow.judgement {
            // A hello fits, and whatever segment carries its last byte.
            Judgement::Reading(_) | Judgement::AwaitingOwner => {
                (LIMIT + usize::from(self.budget.mtu as u16)).saturating_sub(waiting)
            }
            // Memory is short: enough to keep every flow moving.
            Judgement::Allowed if self.pool.is_short() => {
                (LEAST as usize * usize::from(self.budget.mtu as u16)).saturating_sub(waiting)
            }
            // The socket takes no more: no new credit until it has drained.
            Judgement::Allowed if !flow.writable && waiting > 0 => 0,
            Judgement::Allowed if flow.upstream == Upstream::Connected => self
                .budget
                .flow_cap()
                .min(self.budget.share())
                .saturating_sub(waiting),
            Judgement::Allowed => usize::from(u16::MAX)
                .min(self.budget.share())
                .saturating_sub(waiting),
        }
    }

    /// Whether an ACK can wait for the batch behind this one: its app may go on sending without it. One that opens half of the
    /// window lets the app send one long run, and costs no more than one that opens a tenth.
    pub(super) fn ack_may_wait(&self, flow: &Flow) -> bool {
        let cap = self.budget.flow_cap().min(self.budget.share());
        self.more_waits && distance(flow.rcv_nxt, flow.rcv_edge) >= cap / 2
    }

    /// The window field for the next segment. The right edge never moves left (RFC 9293 section 3.8.6).
    pub(super) fn advertise(&self, flow: &mut Flow) -> u16 {
        let edge = flow.rcv_nxt + self.credit(flow).min(1 << 30);
        let open = distance(flow.rcv_nxt, flow.rcv_edge.max(edge));
        let scale = if flow.phase == Phase::Established {
            flow.rcv_scale
        } else {
            0
        };
        let field = open.div_ceil(1 << scale).min(usize::from(u16::MAX));
        flow.rcv_edge = flow.rcv_edge.max(flow.rcv_nxt + (field << scale));
        field as u16
    }

    /// Whether the window has opened enough to be told without being asked, and the app may soon miss what it was not told.
    pub(super) fn window_update_is_due(&self, flow: &Flow) -> bool {
        let open = distance(flow.rcv_nxt, flow.rcv_edge);
        let gain = self.credit(flow).saturating_sub(open);
        let least = LEAST as usize * usize::from(self.budget.mtu as u16);
        let cap = self.budget.flow_cap().min(self.budget.share());
        gain >= least.max(cap / 2) && open < least.max(cap / 32)
    }
}
