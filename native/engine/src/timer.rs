//! Deadlines, an entry or two a flow.
//!
//! Activity writes the flow's own fields, not the heap: an entry that comes due early is put back at the time that
//! the flow says then. A heap, because entries are few (a flow without a deadline has none) and the next one is read
//! each turn.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::{FlowId, Timestamp};

/// Idle deadlines fall on multiples of this, so that wake-ups coincide.
const SLOT: Duration = Duration::from_secs(8);

/// Rounds a far deadline up to the next slot.
pub(crate) fn slotted(at: Timestamp) -> Timestamp {
    let slot = SLOT.as_micros() as u64;
    Timestamp::from_micros(at.as_micros().div_ceil(slot).saturating_mul(slot))
}

/// The earlier of two deadlines, of which either may be absent.
#[inline]
pub(crate) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The deadlines that were asked for, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, FlowId)>>,
}

impl Timers {
    /// Adds an entry.
    pub(crate) fn arm(&mut self, at: Timestamp, flow: FlowId) {
        self.heap.push(Reverse((at, flow)));
    }

    /// The next entry that is due.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, FlowId)> {
        let Reverse((at, flow)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some((at, flow))
    }

    /// The earliest entry.
    pub(crate) fn first(&self) -> Option<(Timestamp, FlowId)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    /// Drops the earliest entry: its flow has nothing due then.
    pub(crate) fn drop_first(&mut self) {
        self.heap.pop();
    }
}
