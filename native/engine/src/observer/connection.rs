//! One TCP connection of a recording: both directions, until it is known which one the client speaks.

use std::net::SocketAddr;

use wire::httpdns::Told;
use wire::tcp::{Flags, SeqNumber, TcpHeader};

use super::DNS_PORT;
use super::stream::{Found, Speaker, Stream};
use super::table::Held;
use crate::inspect::{AnswerReader, Assembler, LIMIT, is_asked};

/// What the two directions have said.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// By the order of the ends: the stream of the lesser one first.
    streams: [Stream; 2],
    /// The sequence number of the SYN.
    syn: Option<SeqNumber>,
    /// An answer that tells addresses, and who sends it.
    answer: Option<(SocketAddr, Box<Answer>)>,
}

/// An answer on its way.
#[derive(Debug)]
struct Answer {
    /// The sequence number of its first byte.
    begin: i32,
    assembler: Assembler,
    reader: AnswerReader,
}

impl Answer {
    /// Takes the bytes at `seq`; what it tells, once it is whole.
    fn push(&mut self, seq: SeqNumber, bytes: &[u8]) -> Option<Vec<Told>> {
        let before = usize::try_from(i64::from(self.begin.wrapping_sub(seq.0))).unwrap_or(0);
        let offset = usize::try_from(seq.0.wrapping_sub(self.begin)).unwrap_or(0);
        self.assembler
            .insert(offset, bytes.get(before..).unwrap_or_default());
        let prefix = self.assembler.prefix();
        let (len, is_whole) = (prefix.len(), self.reader.push(prefix));
        self.assembler.advance(len);
        self.begin = self.begin.wrapping_add(len as i32);
        is_whole.then(|| self.reader.finish())
    }
}

impl Connection {
    /// Takes one segment; what it completes goes to `found`.
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
        stream.begin(first, speaker(src, dst));
        if payload.is_empty() {
            return;
        }
        let known = found.len();
        stream.push(first, payload, found);
        if let Some((server, answer)) = &mut self.answer
            && *server == src
            && let Some(told) = answer.push(first, payload)
        {
            self.answer = None;
            found.push(Found::Told(told));
        }
        for found in found.iter().skip(known) {
            self.expect_answer(found, dst, tcp.ack);
        }
    }

    /// A request that asks a known server for addresses: what that sends next, behind what the client acknowledged, is the answer.
    fn expect_answer(&mut self, found: &Found, server: SocketAddr, next: SeqNumber) {
        let Found::Request(host, target) = found else {
            return;
        };
        let remote = SocketAddr::new(crate::nat64::unwrap(server.ip(), None), server.port());
        self.answer = is_asked(host.as_ref(), remote, target).then(|| {
            let answer = Answer {
                begin: next.0,
                assembler: Assembler::new(LIMIT),
                reader: AnswerReader::new(target),
            };
            (server, Box::new(answer))
        });
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
        self.answer = None;
        let mut client_stream = Stream::default();
        let server = if client == src { dst } else { src };
        client_stream.begin(if is_reply { tcp.ack } else { first }, speaker(client, server));
        // What a resolver answers begins with its first segment.
        let server_stream = if port == DNS_PORT {
            Stream::default()
        } else {
            Stream::closed()
        };
        let is_lesser = client == src.min(dst);
        self.streams = if is_lesser {
            [client_stream, server_stream]
        } else {
            [server_stream, client_stream]
        };
    }
}

/// Who says what goes from one of these ends to the other.
fn speaker(from: SocketAddr, to: SocketAddr) -> Speaker {
    match (from.port(), to.port()) {
        (_, DNS_PORT) => Speaker::Asker,
        (DNS_PORT, _) => Speaker::Resolver,
        _ => Speaker::Other,
    }
}

impl Held for Connection {
    fn held(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, |_| 2 * LIMIT);
        self.streams.iter().map(Stream::held).sum::<usize>() + answer
    }
}
