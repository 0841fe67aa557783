//! Ends: FIN, RST, failures of the upstream side.

use wire::tcp::{Flags, Options, Segment};

use super::expire::half_closed_at;
use super::flow::{Flow, Judgement, NO_PIECE, Phase, Upstream};
use super::open::emit_packet;
use super::{Context, Life, Tcp};
use crate::Failure;
use crate::outbox::Command;

impl Tcp {
    /// The app sends no more.
    pub(super) fn on_half_close(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if let Judgement::Reading(_) = flow.judgement {
            if flow.unjudged() == 0 {
                flow.judgement = Judgement::Allowed;
                if flow.upstream == Upstream::None {
                    // Opened and closed without a byte: nobody needs to be dialled for that.
                    flow.eof = true;
                    flow.upstream_shut = true;
                }
            } else if let Life::Ends { reset } = self.judge_cut_off(flow, cx) {
                return Life::Ends { reset };
            }
        }
        if flow.upstream == Upstream::Local && flow.questions == 0 {
            flow.eof = true;
        }
        flow.stage_at = flow.stage_at.or_else(|| Some(half_closed_at(cx.now)));
        self.activate(flow);
        self.after_upload(flow, cx)
    }

    /// A half-closed flow is looked at for idleness.
    pub(super) fn half_closed_idle(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let until = half_closed_at(flow.heard_at);
        if until > cx.now {
            flow.stage_at = Some(until);
            return Life::Goes;
        }
        self.reset_app(flow, cx)
    }

    /// Both directions are over: the app's FIN may still wait for its ACK.
    pub(super) fn finish(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if flow.ack_pending || flow.ack_at.is_some() {
            self.send_ack(flow, cx);
        }
        Life::Ends { reset: false }
    }

    /// The far end sends no more: our FIN follows its last byte.
    pub(super) fn upstream_finished(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        self.learn_rest(flow, cx);
        flow.eof = true;
        flow.readable = false;
        flow.stage_at = flow.stage_at.or_else(|| Some(half_closed_at(cx.now)));
        self.activate(flow);
        Life::Goes
    }

    /// The socket is dead. What was read is delivered first, then the app gets a RST.
    pub(super) fn upstream_failed(&mut self, flow: &mut Flow, cause: Failure, cx: &mut Context<'_>) -> Life {
        if flow.sent.is_empty() {
            return self.reset_app(flow, cx);
        }
        flow.upstream = Upstream::Failed(cause);
        flow.readable = false;
        self.drop_upload(flow);
        flow.stage_at = Some(half_closed_at(cx.now));
        self.activate(flow);
        Life::Goes
    }

    /// The socket takes no more bytes. A server that refuses a request half way says so and closes: its answer may still
    /// wait to be read, so that is done first.
    pub(super) fn write_failed(&mut self, flow: &mut Flow, cause: Failure) -> Life {
        flow.write_failed = Some(cause);
        self.drop_upload(flow);
        flow.readable = true;
        flow.hung_up = true;
        self.queue_read(flow);
        self.probe_later(flow);
        Life::Goes
    }

    /// Forgets bytes that nobody will take.
    pub(super) fn drop_upload(&mut self, flow: &mut Flow) {
        flow.held.clear(&mut self.pool);
        flow.judged = 0;
        flow.pieces = (NO_PIECE, NO_PIECE);
        flow.piece_bytes = 0;
    }

    /// Sends the app a RST and ends the flow.
    pub(super) fn reset_app(&self, flow: &Flow, cx: &mut Context<'_>) -> Life {
        // In SYN-SENT the app takes a RST for its acknowledgement number (RFC 9293 section 3.10.7.3), later for its
        // sequence number.
        let seq = if flow.phase == Phase::SynReceived {
            wire::tcp::SeqNumber(0)
        } else {
            flow.snd_max
        };
        cx.outbox.push(Command::WriteTun(emit_packet(&Segment {
            src: flow.remote,
            dst: flow.app,
            seq,
            ack: flow.rcv_nxt,
            flags: Flags::RST.with(Flags::ACK),
            window: 0,
            options: &Options::default(),
        })));
        Life::Ends { reset: true }
    }

    /// Forgets a flow: its chunks go back, its socket is closed.
    pub(super) fn end(&mut self, mut flow: Box<Flow>, reset: bool, cx: &mut Context<'_>) {
        self.learn_rest(&mut flow, cx);
        flow.held.clear(&mut self.pool);
        flow.sent.clear(&mut self.pool);
        if !matches!(flow.upstream, Upstream::None | Upstream::Local) {
            cx.outbox.push(Command::CloseUpstream { flow: flow.id, reset });
        }
        self.table.release(Self::key_of(&flow), flow.id);
    }
}
