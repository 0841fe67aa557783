//! One TCP connection of a recording: both directions, until it is known which one the client speaks.

use std::net::SocketAddr;

use wire::tcp::{Flags, SeqNumber, TcpHeader};

use super::DNS_PORT;
use super::stream::{Found, Stream};
use super::table::Held;

/// What the two directions have said.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// By the order of the ends: the stream of the lesser one first.
    streams: [Stream; 2],
    /// The sequence number of the SYN.
    syn: Option<SeqNumber>,
}

impl Connection {
    /// Takes one segment; names that it completes go to `found`.
    pub(super) fn handle_segment(
        &mut self,
        src: SocketAddr,
        dst: SocketAddr,
        tcp: &TcpHeader,
        payload: &[u8],
        found: &mut Vec<Found>,
    ) {
        let first = SeqNumber(tcp.seq.0.wrapping_add(tcp.flags.contains(Flags::SYN).into()));
        if tcp.flags.contains(Flags::SYN) && !tcp.flags.contains(Flags::RST) {
            self.handle_syn(src, dst, tcp, first);
        }
        let [ours, theirs] = &mut self.streams;
        let stream = if src <= dst { ours } else { theirs };
        stream.begin(first, dst.port() == DNS_PORT);
        if !payload.is_empty() {
            stream.push(first, payload, found);
        }
    }

    /// A SYN says who the client is, and where its stream begins. A new one, on old ports, is a new connection.
    fn handle_syn(&mut self, src: SocketAddr, dst: SocketAddr, tcp: &TcpHeader, first: SeqNumber) {
        let is_reply = tcp.flags.contains(Flags::ACK);
        let (syn, client, port) = if is_reply {
            (SeqNumber(tcp.ack.0.wrapping_sub(1)), dst, src.port())
        } else {
            (tcp.seq, src, dst.port())
        };
        if self.syn == Some(syn) || is_reply && self.syn.is_some() {
            return;
        }
        self.syn = Some(syn);
        let mut client_stream = Stream::default();
        client_stream.begin(if is_reply { tcp.ack } else { first }, port == DNS_PORT);
        let is_lesser = client == src.min(dst);
        self.streams = if is_lesser {
            [client_stream, Stream::closed()]
        } else {
            [Stream::closed(), client_stream]
        };
    }
}

impl Held for Connection {
    fn held(&self) -> usize {
        self.streams.iter().map(Stream::held).sum()
    }
}
