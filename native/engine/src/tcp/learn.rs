//! Addresses that a server tells an app over plain HTTP: read on their way, remembered under their names.
//!
//! Only what a known server answers to a request that asks it so is read, and what is read is neither changed nor held.

use std::net::SocketAddr;

use super::flow::Flow;
use super::{Context, Tcp};
use crate::inspect::{AnswerReader, Finding, is_asked};

/// Answers that are read at the same time at most; each holds up to 16 KiB.
const MAX_LEARNING: usize = 32;

impl Tcp {
    /// A request for `target` was read. If it asks a known server for addresses, its answer is what the server sends next: clients
    /// of these servers do not pipeline, and what comes between is no response.
    pub(super) fn expect_answer(
        &mut self,
        flow: &mut Flow,
        finding: &Finding,
        target: &[u8],
        cx: &mut Context<'_>,
    ) {
        self.learn_rest(flow, cx);
        let host = match finding {
            Finding::Name(name, _) => Some(name),
            Finding::Undecidable(_) => None,
            Finding::NeedMore => return,
        };
        let ip = crate::nat64::unwrap(flow.remote.ip(), cx.upstream.nat64_prefix);
        let remote = SocketAddr::new(ip, flow.remote.port());
        if self.learning < MAX_LEARNING && is_asked(host, remote, target) {
            self.learning += 1;
            flow.answer = Some(Box::new(AnswerReader::new(target)));
        }
    }

    /// The last `len` bytes that were read from the socket are looked at.
    pub(super) fn learn(&mut self, flow: &mut Flow, len: usize, cx: &mut Context<'_>) {
        let Some(reader) = &mut flow.answer else {
            return;
        };
        let (mut at, end) = (flow.sent.len().saturating_sub(len), flow.sent.len());
        let mut is_whole = false;
        while at < end && !is_whole {
            let read = flow
                .sent
                .slices(at, end - at, |piece| is_whole = is_whole || reader.push(piece));
            if read == 0 {
                break;
            }
            at += read;
        }
        if is_whole {
            self.learn_rest(flow, cx);
        }
    }

    /// There is nothing more of the answer to wait for.
    pub(super) fn learn_rest(&mut self, flow: &mut Flow, cx: &mut Context<'_>) {
        let Some(reader) = flow.answer.take() else {
            return;
        };
        self.learning -= 1;
        for told in reader.finish() {
            cx.memory.remember_told(told, cx.rules, cx.now);
        }
    }
}
