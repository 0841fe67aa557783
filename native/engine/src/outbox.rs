//! Commands that wait for `poll_output`.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use blocklist::AppId;

use crate::refusals::Refusals;
use crate::{AskId, EchoId, Event, FlowId, MappingId, OwnerQuestion, Slice, Timestamp, Transport};

/// Bytes on their way out that are either still in the batch or owned.
#[derive(Debug)]
pub(crate) enum Payload {
    /// In the batch of the input being handled.
    Batch(Slice),
    /// Held or reassembled.
    Owned(Vec<u8>),
}

/// An `Output` that owns what it carries.
#[derive(Debug)]
pub(crate) enum Command {
    WriteTun(Vec<u8>),
    Dial {
        flow: FlowId,
        to: SocketAddr,
    },
    ShutdownUpstream(FlowId),
    CloseUpstream {
        flow: FlowId,
        reset: bool,
    },
    Keepalive {
        flow: FlowId,
        interval: Duration,
    },
    SendDatagram {
        mapping: MappingId,
        to: SocketAddr,
        payload: Payload,
        may_fragment: bool,
    },
    CloseMapping(MappingId),
    SendEcho {
        echo: EchoId,
        to: IpAddr,
        seq: u16,
        payload: Payload,
    },
    CloseEcho(EchoId),
    Ask {
        ask: AskId,
        message: Vec<u8>,
        tcp: bool,
    },
    WhoOwns {
        question: OwnerQuestion,
        transport: Transport,
        app: SocketAddr,
        remote: SocketAddr,
    },
    Event(Event),
}

/// A first-in, first-out queue of commands, drained after every input.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Command>,
    /// The command that `poll_output` lent out last: its bytes live until the next call.
    pub(crate) lent: Option<Command>,
    refusals: Refusals,
}

impl Outbox {
    pub(crate) fn push(&mut self, command: Command) {
        self.queue.push_back(command);
    }

    pub(crate) fn pop(&mut self) -> Option<Command> {
        self.queue.pop_front()
    }

    /// The place that the next command gets.
    pub(crate) fn mark(&self) -> usize {
        self.queue.len()
    }

    /// Keeps back what was pushed since `mark`, a verdict and what follows from it, until its owner is known. The app asked
    /// over `transport`.
    pub(crate) fn await_owner(&mut self, mark: usize, transport: Transport, now: Timestamp) {
        if !self.refusals.has_room() {
            return;
        }
        let mut kept = self.queue.split_off(mark.min(self.queue.len()));
        match kept.pop_front() {
            Some(Command::Event(Event::Verdict(event))) => {
                let (app, remote) = (event.app, event.remote);
                let id = self.refusals.hold(event, kept.into(), now);
                self.push(Command::WhoOwns {
                    question: OwnerQuestion::Refusal(id),
                    transport,
                    app,
                    remote,
                });
            }
            other => self.queue.extend(other.into_iter().chain(kept)),
        }
    }

    /// The owner of a refusal is known, or will not be.
    pub(crate) fn handle_owner(&mut self, refusal: u32, owner: Option<AppId>) {
        self.queue.extend(self.refusals.answer(refusal, owner));
    }

    /// Lets go what has waited long enough.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(commands) = self.refusals.pop_due(now) {
            self.queue.extend(commands);
        }
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.refusals.poll_timeout()
    }

    /// The rules were replaced: what waits goes out, untold.
    pub(crate) fn rules_replaced(&mut self) {
        self.queue.extend(self.refusals.take_untold());
    }
}
