//! From the app to the socket: held bytes first, then the slices of this batch, in one gathered write.

use std::io::IoSlice;

use super::flow::{Flow, Judgement, NO_PIECE, Upstream};
use super::{Context, Life, Tcp};
use crate::chunk::MAX_SLICES;
use crate::outbox::Command;
use crate::{Batch, FlowId, Pump, Slice};

/// Slices in one gathered write at most.
const MAX_IOV: usize = 64;

/// A slice of the batch that waits for its flow's write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    slice: Slice,
    next: u32,
}

impl Tcp {
    /// Takes bytes of the app in order: a slice of the batch is linked, anything else is copied.
    pub(super) fn append(&mut self, flow: &mut Flow, bytes: &[u8], slice: Option<Slice>) {
        if flow.write_failed.is_some() {
            return;
        }
        match slice {
            Some(slice) if flow.can_forward() => self.link(flow, slice),
            _ => {
                debug_assert_eq!(flow.piece_bytes, 0, "what is copied comes before what is linked");
                flow.held.extend(bytes, &mut self.pool);
            }
        }
        self.activate(flow);
    }

    fn link(&mut self, flow: &mut Flow, slice: Slice) {
        let at = self.pieces.len() as u32;
        self.pieces.push(Piece {
            slice,
            next: NO_PIECE,
        });
        match self.pieces.get_mut(flow.pieces.1 as usize) {
            Some(last) if flow.pieces.0 != NO_PIECE => last.next = at,
            _ => flow.pieces.0 = at,
        }
        flow.pieces.1 = at;
        flow.piece_bytes += slice.len() as u32;
    }

    /// Copies the linked slices behind the held bytes: the socket took no more of them.
    pub(super) fn flatten(&mut self, flow: &mut Flow, batch: &Batch) {
        let mut at = flow.pieces.0;
        while let Some(piece) = self.pieces.get(at as usize) {
            flow.held.extend(batch.bytes(piece.slice), &mut self.pool);
            at = piece.next;
        }
        flow.pieces = (NO_PIECE, NO_PIECE);
        flow.piece_bytes = 0;
    }

    /// See [`crate::Engine::send_upstream`].
    pub(crate) fn send_upstream(
        &mut self,
        id: FlowId,
        batch: &Batch,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&[IoSlice<'_>]) -> Pump,
    ) {
        self.with(id, cx, |tcp, flow, cx| {
            if flow.upstream != Upstream::Connected || flow.write_failed.is_some() {
                return Life::Goes;
            }
            flow.writable = true;
            while flow.can_send() {
                let (offered, outcome) = tcp.write_once(flow, batch, &mut write);
                match outcome {
                    Pump::Moved(n) => {
                        tcp.on_moved(flow, n);
                        cx.stats.bytes_up += n as u64;
                        flow.writable = n >= offered;
                        if flow.fin_received {
                            // What the app left behind is still on its way.
                            flow.stage_at = Some(super::expire::half_closed_at(cx.now));
                        }
                    }
                    Pump::Full | Pump::Eof => flow.writable = false,
                    Pump::Failed(cause) => return tcp.write_failed(flow, cause),
                }
            }
            tcp.flatten(flow, batch);
            tcp.after_upload(flow, cx)
        });
    }

    fn write_once(
        &self,
        flow: &Flow,
        batch: &Batch,
        write: &mut impl FnMut(&[IoSlice<'_>]) -> Pump,
    ) -> (usize, Pump) {
        let mut iov = [IoSlice::new(&[]); MAX_SLICES + MAX_IOV];
        let mut used = 0;
        let mut push = |bytes| {
            if let Some(slot) = iov.get_mut(used) {
                *slot = IoSlice::new(bytes);
                used += 1;
            }
        };
        let allowed = matches!(flow.judgement, Judgement::Allowed);
        let held = if allowed {
            flow.held.len()
        } else {
            flow.judged as usize
        };
        let mut offered = flow.held.slices(0, held, &mut push);
        if allowed && offered == held {
            let mut at = flow.pieces.0;
            let mut room = MAX_IOV;
            while let Some(piece) = self.pieces.get(at as usize)
                && room > 0
            {
                push(batch.bytes(piece.slice));
                offered += piece.slice.len();
                at = piece.next;
                room -= 1;
            }
        }
        let outcome = write(&iov[..used]);
        (offered, outcome)
    }

    fn on_moved(&mut self, flow: &mut Flow, n: usize) {
        let held = n.min(flow.held.len());
        flow.held.consume(held, &mut self.pool);
        flow.judged -= flow.judged.min(held as u32);
        let mut rest = n - held;
        flow.piece_bytes -= flow.piece_bytes.min(rest as u32);
        while rest > 0
            && let Some(piece) = self.pieces.get_mut(flow.pieces.0 as usize)
        {
            let part = rest.min(piece.slice.len());
            rest -= part;
            piece.slice = piece.slice.part(part, usize::MAX);
            if piece.slice.is_empty() {
                flow.pieces.0 = piece.next;
            }
        }
        if flow.piece_bytes == 0 {
            flow.pieces = (NO_PIECE, NO_PIECE);
        }
    }

    /// The app's FIN follows its last byte; a window that opened is told.
    pub(super) fn after_upload(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if flow.fin_received
            && !flow.has_upload()
            && !flow.upstream_shut
            && flow.upstream == Upstream::Connected
        {
            flow.upstream_shut = true;
            cx.outbox.push(Command::ShutdownUpstream(flow.id));
        }
        if flow.is_finished() {
            return self.finish(flow, cx);
        }
        if flow.writable && !flow.fin_received && self.window_update_is_due(flow) {
            flow.ack_pending = true;
        }
        Life::Goes
    }

    /// The flow's socket takes bytes again.
    pub(crate) fn handle_writable(&mut self, id: FlowId, cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, cx| {
            if flow.upstream != Upstream::Connected || flow.writable || flow.write_failed.is_some() {
                return Life::Goes;
            }
            flow.writable = true;
            if flow.has_upload() {
                tcp.activate(flow);
                return Life::Goes;
            }
            let life = tcp.after_upload(flow, cx);
            if flow.ack_pending {
                tcp.activate(flow);
            }
            life
        });
    }
}
