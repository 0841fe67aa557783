//! A steady download comes in pieces, one a millisecond or so, and each wakes this process, then the app. So the socket of one
//! gets a low-water mark (SO_RCVLOWAT): it says "readable" when a good piece has come together, and a timer fetches what
//! comes to less, so that the end of a piece waits for nothing longer than [`WAIT`].
//!
//! A flow earns it by so many pieces in a row that a page or an answer has long ended, and loses it at the first one that is
//! small or late.

use std::time::Duration;

use super::flow::Flow;
use super::{Context, Tcp};
use crate::Timestamp;
use crate::outbox::Command;

/// The mark: what one packet to the app carries half of.
const LOW_WATER: u32 = 32 * 1024;
/// How long less than that waits.
const WAIT: Duration = Duration::from_millis(4);
/// Pieces in a row that make a steady download.
const STEADY: u8 = 64;
/// The least that a piece holds.
const PIECE: u32 = 2 * 1024;
/// The longest time between two.
const APART: Duration = Duration::from_millis(10);

/// What is known of a flow's pieces. Apart from the flow, as most never bring one.
#[derive(Debug)]
pub(super) struct Gather {
    /// Bytes read since the socket was last read to its end.
    piece: u32,
    /// When that was.
    drained_at: Timestamp,
    in_row: u8,
    /// The socket has a low-water mark.
    is_marked: bool,
    /// When what waits in it is fetched although it is less.
    pub(super) fetch_at: Option<Timestamp>,
}

impl Gather {
    const fn new(now: Timestamp) -> Self {
        Self {
            piece: 0,
            drained_at: now,
            in_row: 0,
            is_marked: false,
            fetch_at: None,
        }
    }

    /// The socket gave `n` bytes; `drained` if it has no more. The mark that it is to have from now on, if that changes.
    fn note_read(&mut self, n: usize, drained: bool, now: Timestamp) -> Option<u32> {
        self.piece = self.piece.saturating_add(n as u32);
        if !drained {
            return None;
        }
        let piece = std::mem::take(&mut self.piece);
        let apart = now.since(std::mem::replace(&mut self.drained_at, now));
        if self.is_marked {
            // The timer's own wait lies between two.
            if piece < PIECE || apart > APART + WAIT {
                *self = Self::new(now);
                return Some(1);
            }
            self.fetch_at = Some(now + WAIT);
            return None;
        }
        // What is longer needs no mark.
        let is_piece = (PIECE..LOW_WATER).contains(&piece) && apart <= APART;
        self.in_row = if is_piece {
            self.in_row.saturating_add(1)
        } else {
            0
        };
        if self.in_row < STEADY {
            return None;
        }
        self.is_marked = true;
        self.fetch_at = Some(now + WAIT);
        Some(LOW_WATER)
    }
}

impl Flow {
    /// The socket gave `n` bytes; `drained` if it has no more.
    pub(super) fn note_read(&mut self, n: usize, drained: bool, cx: &mut Context<'_>) {
        if self.gather.is_none() && (n as u32) < PIECE || self.hung_up {
            return;
        }
        let gather = self.gather.get_or_insert_with(|| Box::new(Gather::new(cx.now)));
        let Some(bytes) = gather.note_read(n, drained, cx.now) else {
            return;
        };
        // What came before a mark was gone has no event on kernels before 4.18.
        self.readable |= bytes == 1;
        let flow = self.id;
        cx.outbox.push(Command::LowWater { flow, bytes });
    }
}

impl Tcp {
    /// What waits in the socket has waited long enough, however little it is. The next read says what follows.
    pub(super) fn fetch_gathered(&mut self, flow: &mut Flow) {
        let now = self.now;
        let gather = flow.gather.as_mut();
        if gather
            .and_then(|gather| gather.fetch_at.take_if(|at| *at <= now))
            .is_some()
        {
            // Until it can be read the socket counts as readable, so nothing is forgotten, and nothing wakes up for it.
            flow.readable = true;
            self.queue_read(flow);
        }
    }
}
