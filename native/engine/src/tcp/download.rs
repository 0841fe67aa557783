//! From the socket to the app: bytes are read into the chunks that stay the unacknowledged queue.

use std::io::IoSliceMut;

use super::flow::{Flow, Phase, Upstream};
use super::{Context, Life, Tcp};
use crate::chunk::{Pool, SMALL};
use crate::{FlowId, Pump};

/// Bytes that a flow may have read and not acknowledged by the app.
const IN_FLIGHT: usize = 256 * 1024;
/// The same while the flows together hold no more than this: the app then acknowledges more at once, and is waited for less often.
const IN_FLIGHT_ALONE: usize = 1024 * 1024;
/// Bytes that one flow may read in a turn.
const TURN: u32 = 256 * 1024;
/// Bytes of one read while memory is short.
const SHORT: usize = 2 * 1024;
/// Less room than this is not worth a read, unless nothing is on its way.
const WORTH_READING: usize = 16 * 1024;

impl Flow {
    /// How many bytes may be read from the socket now, while flows hold `in_use` bytes.
    fn read_room(&self, in_use: usize) -> usize {
        let most = if in_use < IN_FLIGHT_ALONE {
            IN_FLIGHT_ALONE
        } else {
            IN_FLIGHT
        };
        let room = most.min(self.snd_wnd as usize).saturating_sub(self.sent.len());
        if room < WORTH_READING.min(self.snd_wnd as usize / 2) {
            0
        } else {
            room
        }
    }

    /// Whether a read is possible and useful.
    pub(super) fn wants_read(&self, pool: &Pool) -> bool {
        self.readable
            && !self.eof
            && self.upstream == Upstream::Connected
            && self.phase == Phase::Established
            && self.read_room(pool.in_use()) > 0
    }
}

impl Tcp {
    /// The flow's socket has something to read.
    pub(crate) fn handle_readable(&mut self, id: FlowId, closed: bool, cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, _| {
            flow.readable = true;
            flow.hung_up |= closed;
            tcp.queue_read(flow);
            tcp.probe_later(flow);
            Life::Goes
        });
    }

    /// More waits in the socket and the app's window is closed: the timer probes, should its update be lost.
    pub(super) fn probe_later(&self, flow: &mut Flow) {
        let closed = flow.snd_wnd == 0 && flow.phase == Phase::Established;
        if closed && flow.readable && flow.retransmit_at.is_none() {
            flow.retransmit_at = Some(self.now + super::expire::backoff(flow.retries));
        }
    }

    /// Puts a flow into the list of those to be read, if it wants to be.
    pub(super) fn queue_read(&mut self, flow: &mut Flow) {
        if !flow.wants_read(&self.pool) || flow.read_queued {
            return;
        }
        flow.read_queued = true;
        if flow.turn_bytes < TURN {
            self.readable.push_back(flow.id);
        } else {
            flow.turn_bytes = 0;
            self.readable_next.push_back(flow.id);
        }
    }

    /// See [`crate::Engine::recv_upstream`].
    pub(crate) fn recv_upstream(
        &mut self,
        id: FlowId,
        cx: &mut Context<'_>,
        mut read: impl FnMut(&mut [IoSliceMut<'_>]) -> Pump,
    ) {
        self.with(id, cx, |tcp, flow, cx| {
            if !flow.wants_read(&tcp.pool) || tcp.pool.is_short() && !flow.sent.is_empty() {
                return Life::Goes;
            }
            // What one segment carries: a byte more would cost a segment of its own.
            let mut max = flow.read_room(tcp.pool.in_use()).min(tcp.payload_cap(flow));
            if tcp.pool.is_short() {
                max = max.min(SHORT);
            }
            let bulk = flow.bulk && max > SHORT;
            let (offered, outcome) = flow.sent.fill(max, bulk, &mut tcp.pool, |slices, offered| {
                let outcome = read(slices);
                let n = if let Pump::Moved(n) = outcome { n } else { 0 };
                (n, (offered, outcome))
            });
            match outcome {
                Pump::Moved(n) => {
                    // More than a small chunk came: next time there is room for all of it.
                    flow.bulk = n >= SMALL;
                    // A short read of a stream socket has drained it: the next bytes bring a new edge. Not so when
                    // the end may be waiting behind them, which has been announced already.
                    flow.readable = n >= offered || flow.hung_up;
                    flow.turn_bytes += n as u32;
                    if cx.now.since(flow.heard_at) < super::expire::ACK_WAIT {
                        flow.answers_late = false;
                    }
                    cx.stats.bytes_down += n as u64;
                    flow.note_read(n, n < offered, cx);
                    tcp.learn(flow, n, cx);
                    tcp.activate(flow);
                    tcp.queue_read(flow);
                }
                Pump::Full => {
                    flow.readable = false;
                    flow.note_read(0, true, cx);
                    tcp.queue_read(flow);
                }
                Pump::Eof => match flow.write_failed {
                    Some(cause) => return tcp.upstream_failed(flow, cause, cx),
                    None => return tcp.upstream_finished(flow, cx),
                },
                Pump::Failed(cause) => return tcp.upstream_failed(flow, cause, cx),
            }
            Life::Goes
        });
    }
}
