//! Questions on port 53, to any address, over UDP and TCP: judged, answered here or asked upstream, remembered.

use std::net::SocketAddr;
use std::time::Duration;

use blocklist::Rules;

use crate::memory::Memory;
use crate::outbox::Outbox;
use crate::{AskId, FlowId, Stats, Timestamp, Upstream};

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A datagram from `app` to `server`.
    Udp { app: SocketAddr, server: SocketAddr },
    /// A message on a TCP flow.
    Tcp {
        flow: FlowId,
        app: SocketAddr,
        server: SocketAddr,
    },
}

/// What the service needs of the rest of the engine for one input.
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) memory: &'a mut Memory,
    pub(crate) upstream: &'a Upstream,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) stats: &'a mut Stats,
    pub(crate) now: Timestamp,
}

/// The DNS service. Bounded in open questions; equal questions in flight share one.
#[derive(Debug)]
pub(crate) struct Dns {}

impl Dns {
    pub(crate) fn new(seed: u64) -> Self {
        let _ = seed;
        Self {}
    }

    /// A question arrived. UDP replies go to `outbox` as whole packets; TCP replies wait for `poll_tcp_reply`.
    pub(crate) fn handle_question(&mut self, asker: Asker, message: &[u8], cx: &mut Context<'_>) {
        let _ = (asker, message, cx);
        unimplemented!()
    }

    /// The resolver answered: the answer is judged, remembered, and passed on byte for byte.
    pub(crate) fn handle_answer(&mut self, ask: AskId, message: &[u8], cx: &mut Context<'_>) {
        let _ = (ask, message, cx);
        unimplemented!()
    }

    /// No resolver answered: SERVFAIL.
    pub(crate) fn handle_ask_failed(&mut self, ask: AskId, cx: &mut Context<'_>) {
        let _ = (ask, cx);
        unimplemented!()
    }

    /// Questions that waited too long are forgotten.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// The next answer for a TCP flow: the message without its length prefix.
    pub(crate) fn poll_tcp_reply(&mut self) -> Option<(FlowId, Vec<u8>)> {
        None
    }

    /// The rules were replaced or the network changed: open questions are failed, nothing old is remembered.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
        unimplemented!()
    }
}

/// How long a question may wait for its answer before it is forgotten.
pub(crate) const QUESTION_LIFETIME: Duration = Duration::from_secs(10);
