//! Flows to port 53: the far end is the DNS service (RFC 7766).

use super::flow::{Flow, Upstream};
use super::{Context, Life, Tcp};
use std::time::Duration;

use crate::dns::{self, Asker};
use crate::timer::slotted;
use crate::{FlowId, Timestamp};

/// A flow to port 53 without a question ends after this (RFC 7766 section 6.2.3).
const IDLE: Duration = Duration::from_secs(30);

/// A question longer than this is none; it would not fit the window either.
const MAX_QUESTION: usize = 4096;

/// Answers that the app may leave unread.
const MAX_UNREAD: usize = 256 * 1024;

impl Tcp {
    /// When the flow is looked at for idleness.
    pub(super) fn local_deadline(now: Timestamp) -> Timestamp {
        slotted(now + IDLE)
    }

    pub(super) fn local_idle(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if cx.now.since(flow.heard_at) < IDLE {
            flow.stage_at = Some(Self::local_deadline(cx.now));
            return Life::Goes;
        }
        self.reset_app(flow, cx)
    }

    /// Takes bytes of the app and asks each whole message.
    pub(super) fn take_local(&mut self, flow: &mut Flow, bytes: &[u8], cx: &mut Context<'_>) -> Life {
        flow.held.extend(bytes, &mut self.pool);
        while let Some(message) = self.take_message(flow) {
            flow.questions = flow.questions.saturating_add(1);
            let asker = Asker::Tcp {
                flow: flow.id,
                app: flow.app,
                server: flow.remote,
            };
            let mut dns = dns::Context {
                config: cx.config,
                rules: cx.rules,
                memory: cx.memory,
                upstream: cx.upstream,
                outbox: cx.outbox,
                stats: cx.stats,
                storms: cx.storms,
                now: cx.now,
            };
            cx.dns.handle_question(asker, &message, &mut dns);
        }
        let is_too_long = announced(flow).is_some_and(|len| len > MAX_QUESTION);
        if is_too_long || flow.sent.len() > MAX_UNREAD {
            return self.reset_app(flow, cx);
        }
        Life::Goes
    }

    fn take_message(&mut self, flow: &mut Flow) -> Option<Vec<u8>> {
        let len = announced(flow)?;
        if flow.held.len() < 2 + len {
            return None;
        }
        flow.held.consume(2, &mut self.pool);
        let mut message = Vec::with_capacity(len);
        while message.len() < len {
            let before = message.len();
            flow.held
                .slices(before, len - before, |piece| message.extend_from_slice(piece));
            if message.len() == before {
                break;
            }
        }
        flow.held.consume(len, &mut self.pool);
        Some(message)
    }

    /// An answer for a flow to port 53.
    pub(crate) fn handle_local_reply(&mut self, id: FlowId, message: &[u8], cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, _| {
            let Ok(len) = u16::try_from(message.len()) else {
                return Life::Goes;
            };
            if flow.upstream != Upstream::Local {
                return Life::Goes;
            }
            flow.sent.extend(&len.to_be_bytes(), &mut tcp.pool);
            flow.sent.extend(message, &mut tcp.pool);
            flow.questions = flow.questions.saturating_sub(1);
            if flow.fin_received && flow.questions == 0 {
                flow.eof = true;
            }
            tcp.activate(flow);
            Life::Goes
        });
    }
}

/// The length that stands before the next message.
fn announced(flow: &Flow) -> Option<usize> {
    let mut prefix = Vec::with_capacity(2);
    flow.held.slices(0, 2, |piece| prefix.extend_from_slice(piece));
    prefix
        .try_into()
        .ok()
        .map(|prefix| usize::from(u16::from_be_bytes(prefix)))
}
