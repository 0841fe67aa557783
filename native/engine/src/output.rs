//! What the engine asks its caller to do: every side effect of the product, on one screen.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::time::Duration;

use blocklist::{Action, AppId};
use wire::Name;

use crate::outbox::Payload;
use crate::{AskId, Batch, EchoId, FlowId, MappingId, Reason, Timestamp};

/// Pieces that a packet is gathered from, at most.
const MAX_PIECES: usize = 8;

/// One packet for the TUN, in pieces for one `writev`: the headers, then the body out of pooled chunks.
#[derive(Debug, Clone, Copy)]
pub struct Pieces<'a> {
    pieces: [IoSlice<'a>; MAX_PIECES],
    len: usize,
}

impl<'a> Pieces<'a> {
    /// Starts with the first piece.
    pub(crate) fn new(first: &'a [u8]) -> Self {
        let mut pieces = [IoSlice::new(&[]); MAX_PIECES];
        pieces[0] = IoSlice::new(first);
        Self { pieces, len: 1 }
    }

    /// Adds a piece; false when there is no room.
    pub(crate) fn push(&mut self, piece: &'a [u8]) -> bool {
        let Some(slot) = self.pieces.get_mut(self.len) else {
            return false;
        };
        *slot = IoSlice::new(piece);
        self.len += 1;
        true
    }

    /// The pieces, in order.
    pub fn as_slices(&self) -> &[IoSlice<'a>] {
        &self.pieces[..self.len]
    }

    /// The packet in one piece, for tests and for devices without a gathered write.
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_slices()
            .iter()
            .flat_map(|piece| piece.iter().copied())
            .collect()
    }
}

/// Datagrams of one five-tuple that leave together: all as long as the first but the last, which may be shorter. That
/// is what UDP_SEGMENT can carry.
#[derive(Debug, Clone, Copy)]
pub struct DatagramRun<'a> {
    first: &'a Payload,
    followers: &'a [Payload],
    batch: &'a Batch,
}

impl<'a> DatagramRun<'a> {
    /// Datagrams of a run at most: what kernels take in one send (UDP_MAX_SEGMENTS before Linux 6.9).
    pub const MAX: usize = 64;

    pub(crate) const fn new(first: &'a Payload, followers: &'a [Payload], batch: &'a Batch) -> Self {
        Self {
            first,
            followers,
            batch,
        }
    }

    /// Their payloads, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        let Self {
            first,
            followers,
            batch,
        } = *self;
        (0..followers.len() + 1).map(move |at| {
            let follower = at.checked_sub(1).and_then(|at| followers.get(at));
            follower.unwrap_or(first).bytes(batch)
        })
    }
}

/// One thing to do. Drain [`Engine::poll_output`](crate::Engine::poll_output) after every input.
#[derive(Debug)]
pub enum Output<'a> {
    /// Write one packet to the TUN. On ENOBUFS or ENOMEM tell
    /// [`Engine::handle_tun_full`](crate::Engine::handle_tun_full).
    WriteTun(Pieces<'a>),
    /// Open a stream socket to `to`; later tell [`Engine::handle_dialed`](crate::Engine::handle_dialed).
    Dial {
        /// The flow that the socket belongs to.
        flow: FlowId,
        /// Where to.
        to: SocketAddr,
    },
    /// Call [`Engine::send_upstream`](crate::Engine::send_upstream) with the flow's socket.
    SendUpstream(FlowId),
    /// Call [`Engine::recv_upstream`](crate::Engine::recv_upstream) with the flow's socket.
    RecvUpstream(FlowId),
    /// SHUT_WR on the flow's socket: the app sends no more.
    ShutdownUpstream(FlowId),
    /// Close the flow's socket, with a RST if `reset` (SO_LINGER 0). Nothing follows for this flow.
    CloseUpstream {
        /// Which.
        flow: FlowId,
        /// With a RST.
        reset: bool,
    },
    /// Set SO_KEEPALIVE with this interval on the flow's socket.
    Keepalive {
        /// Which.
        flow: FlowId,
        /// Idle time before, and between, probes.
        interval: Duration,
    },
    /// Set SO_RCVLOWAT on the flow's socket: say that it is readable when so many bytes wait, or the end.
    LowWater {
        /// Which.
        flow: FlowId,
        /// Bytes; 1 is what sockets begin with.
        bytes: u32,
    },
    /// Send datagrams from the mapping's socket, which is opened at its first datagram. News of it comes back by
    /// [`Engine::handle_datagrams`](crate::Engine::handle_datagrams) and
    /// [`Engine::handle_datagram_failed`](crate::Engine::handle_datagram_failed).
    SendDatagrams {
        /// The source endpoint's mapping.
        mapping: MappingId,
        /// Where to.
        to: SocketAddr,
        /// What.
        run: DatagramRun<'a>,
        /// Whether the network may fragment them (IPv4 without DF).
        may_fragment: bool,
    },
    /// Close the mapping's socket, if it was opened.
    CloseMapping(MappingId),
    /// Send an ICMP echo request from the ping socket of `echo`, which is opened at its first request. News comes
    /// back by [`Engine::handle_echo_reply`](crate::Engine::handle_echo_reply) and
    /// [`Engine::handle_echo_failed`](crate::Engine::handle_echo_failed).
    SendEcho {
        /// Which.
        echo: EchoId,
        /// Where to.
        to: std::net::IpAddr,
        /// Sequence number.
        seq: u16,
        /// Data.
        payload: &'a [u8],
    },
    /// Close the ping socket, if it was opened.
    CloseEcho(EchoId),
    /// Ask a resolver; later tell [`Engine::handle_answer`](crate::Engine::handle_answer) or
    /// [`Engine::handle_ask_failed`](crate::Engine::handle_ask_failed).
    Ask {
        /// Names the question.
        ask: AskId,
        /// The question as the app wrote it. Id and case are the resolver client's to change and to restore.
        message: Vec<u8>,
        /// Whether the app asked over TCP: then it goes upstream over TCP, where no answer is truncated.
        tcp: bool,
    },
    /// Which app owns this socket? Tell [`Engine::handle_owner`](crate::Engine::handle_owner).
    WhoOwns {
        /// What the answer is for.
        question: OwnerQuestion,
        /// TCP or UDP.
        transport: Transport,
        /// The app's endpoint.
        app: SocketAddr,
        /// The far end.
        remote: SocketAddr,
    },
    /// Something a person may want to know.
    Event(Event),
}

/// What an owner is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnerQuestion {
    /// A TCP flow waits for its verdict, or for its refusal.
    Flow(FlowId),
    /// Datagrams of a five-tuple wait for their verdict.
    Datagrams(u32),
    /// A refused question or datagram waits to be told, with its app.
    Refusal(u32),
}

/// How a flow or question travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// A DNS question, over either.
    Dns,
    /// ICMP echo.
    Icmp,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A flow or a question was judged.
    Verdict(VerdictEvent),
    /// The owner allowed a name whose last refusal is remembered on the phone for longer than usual, since it was asked for again
    /// and again. Another tunnel, or a change of networks, makes the phone forget it at once.
    Outstanding {
        /// When.
        at: Timestamp,
        /// The name.
        name: Name,
        /// For how long it is remembered, at most.
        left: Duration,
    },
}

/// A verdict, for the log: one a flow or question, never one a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictEvent {
    /// When.
    pub at: Timestamp,
    /// How it travelled.
    pub transport: Transport,
    /// Allowed or refused.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The app's endpoint.
    pub app: SocketAddr,
    /// The far end, or the resolver that was asked.
    pub remote: SocketAddr,
    /// The app that owns the flow, where it was asked for and known.
    pub owner: Option<AppId>,
    /// The DNS record type of a question.
    pub record_type: Option<u16>,
}
