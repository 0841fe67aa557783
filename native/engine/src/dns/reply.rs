//! From messages to packets for the TUN and replies for TCP flows.

use blocklist::Action;
use wire::dns::{self, HEADER_LEN, Reply};
use wire::udp;

use super::pending::{Question, Waiting};
use super::{Asker, Context, Dns};
use crate::Reason;
use crate::outbox::Command;

/// The longest message that goes into one UDP packet, with room for headers.
const MAX_UDP: usize = 65_000;

impl Dns {
    /// Answers all who share a question with a reply of our own, and tells each one's verdict.
    pub(super) fn answer(
        &mut self,
        question: &Question,
        askers: &[Waiting],
        reply: Reply,
        reason: &Reason,
        action: Action,
        cx: &mut Context<'_>,
    ) {
        for Waiting { asker, head } in askers {
            let mark = cx.outbox.mark();
            cx.tell(*asker, question.query.record_type, action, reason.clone());
            self.respond(*asker, &dns::emit_reply(head, &question.query, reply), cx);
            cx.await_owner(mark, *asker, action);
        }
    }

    /// Passes the resolver's answer to all who share the question: byte for byte, but each one's own id and case.
    pub(super) fn deliver(
        &mut self,
        question: &Question,
        askers: &[Waiting],
        message: &[u8],
        cx: &mut Context<'_>,
    ) {
        for Waiting { asker, head } in askers {
            cx.tell(
                *asker,
                question.query.record_type,
                Action::Allow,
                question.reason(),
            );
            let limit = usize::from(question.query.udp_payload).min(MAX_UDP);
            if !asker.is_tcp() && message.len() > limit {
                self.respond(
                    *asker,
                    &dns::emit_reply(head, &question.query, Reply::Truncated),
                    cx,
                );
                continue;
            }
            self.respond_with(*asker, message, cx, |message| {
                message[..2].copy_from_slice(&head[..2]);
                message[HEADER_LEN..head.len()].copy_from_slice(&head[HEADER_LEN..]);
            });
        }
    }

    /// Sends one message to one asker.
    pub(super) fn respond(&mut self, asker: Asker, message: &[u8], cx: &mut Context<'_>) {
        self.respond_with(asker, message, cx, |_| ());
    }

    /// Sends one message to one asker, changed in its place in the packet.
    fn respond_with(
        &mut self,
        asker: Asker,
        message: &[u8],
        cx: &mut Context<'_>,
        change: impl FnOnce(&mut [u8]),
    ) {
        match asker {
            Asker::Tcp { flow, .. } => {
                let mut message = message.to_vec();
                change(&mut message);
                self.replies.push_back((flow, message));
            }
            Asker::Udp { app, server } => {
                let mut header = [0; udp::MAX_HEADER];
                // IPv4 or IPv6, then UDP.
                let header_len = if app.is_ipv4() { 28 } else { 48 };
                let mut packet = Vec::with_capacity(header_len + message.len());
                packet.resize(header_len, 0);
                packet.extend_from_slice(message);
                change(&mut packet[header_len..]);
                let written = udp::emit(&mut header, server, app, &packet[header_len..]);
                debug_assert_eq!(written, header_len, "headers without options");
                packet[..header_len].copy_from_slice(&header[..header_len]);
                cx.outbox.push(Command::WriteTun(packet));
            }
        }
    }
}
