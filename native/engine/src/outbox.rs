//! Commands that wait for `poll_output`.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::{AskId, EchoId, Event, FlowId, MappingId, Slice};

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
        flow: FlowId,
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
}

impl Outbox {
    pub(crate) fn push(&mut self, command: Command) {
        self.queue.push_back(command);
    }

    pub(crate) fn pop(&mut self) -> Option<Command> {
        self.queue.pop_front()
    }
}
