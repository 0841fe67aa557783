//! One flow whose name is known, and what an app, a network or a liar makes of it.

use std::net::SocketAddr;

use engine::Seen;
use wire::Parsed;
use wire::checksum::Checksum;
use wire::dns::Query;
use wire::http::Request;
use wire::quic::{Frames, InitialKeys, Packets, Side, Version};
use wire::tcp::{Flags, Options, Segment, SeqNumber};
use wire::tls::{ClientHello, ServerName};

use super::network::{BLOCKED, Network};
use crate::seeds::client_hello::Hello;
use crate::seeds::quic_initial::{Initial, crypto};

/// The app's first sequence number: near its end, so that it wraps.
const ISN: i32 = -200;
/// Datagrams of one connection that are held at most.
const HELD: usize = 8;

/// How the name is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// TLS, on a port where it is expected and on one where it is not.
    Tls { port: u16 },
    /// HTTP, two requests on one connection.
    Http { port: u16 },
    /// QUIC.
    Quic { version: Version },
    /// Questions over TCP, two on one connection.
    Questions,
}

impl From<u8> for Kind {
    fn from(byte: u8) -> Self {
        match byte % 9 {
            0 => Self::Tls { port: 443 },
            1 => Self::Tls { port: 9_999 },
            2 => Self::Http { port: 80 },
            3 => Self::Http { port: 8_888 },
            4 => Self::Quic { version: Version::V1 },
            5 => Self::Quic { version: Version::V2 },
            6 => Self::Quic {
                version: Version::draft(29),
            },
            7 => Self::Quic {
                version: Version::draft(34),
            },
            _ => Self::Questions,
        }
    }
}

/// A flow.
pub(super) struct Flow {
    kind: Kind,
    blocked: bool,
    name: String,
    app: SocketAddr,
    server: SocketAddr,
    /// What its app says, on a stream.
    stream: Vec<u8>,
    /// What its app says, in datagrams.
    datagrams: Vec<Vec<u8>>,
    /// Datagrams in the order in which they were sent.
    sent: Vec<Vec<u8>>,
    lied: bool,
}

impl Flow {
    /// `how`: whether it is blocked, whether its hello is a browser's, and into what pieces it is cut.
    pub(super) fn new(number: u8, kind: Kind, how: u8) -> Self {
        let (blocked, browser, size) = (how & 1 == 1, how & 2 == 2, 20 + usize::from(how >> 2) * 20);
        let name = if blocked {
            format!("n{number}.{BLOCKED}")
        } else {
            format!("n{number}.page.example")
        };
        let hello = if browser {
            Hello::browser(&name)
        } else {
            Hello::to(&name)
        };
        let (mut stream, mut datagrams) = (Vec::new(), Vec::new());
        let port = match kind {
            Kind::Tls { port } => {
                stream = [hello.records(size), vec![0x17; 100]].concat();
                port
            }
            Kind::Http { port } => {
                let body = "x".repeat(size);
                let head = format!(
                    "POST /a HTTP/1.1\r\nAccept: {body}\r\nHost: {name}\r\nContent-Length: {size}\r\n\r\n{body}"
                );
                stream = [head.clone(), head].concat().into_bytes();
                port
            }
            Kind::Quic { version } => {
                let initial = Initial::new(number).version(version);
                let pieces: Vec<_> = hello
                    .message()
                    .chunks(size)
                    .enumerate()
                    .map(|(i, piece)| [crypto(i * size, piece), vec![1, 0]].concat())
                    .collect();
                datagrams = flight(&initial, pieces);
                8_443
            }
            Kind::Questions => {
                let question = question(&name);
                stream = [question.clone(), question].concat();
                53
            }
        };
        Self {
            kind,
            blocked,
            name,
            app: ([10, 0, 0, 2], 40_000 + u16::from(number)).into(),
            server: ([192, 0, 2, 1 + number], port).into(),
            stream,
            datagrams,
            sent: Vec::new(),
            lied: false,
        }
    }

    /// The handshake, where there is one.
    pub(super) fn open(&self, network: &mut Network) {
        if !self.stream.is_empty() {
            network.carry(&self.segment(ISN.wrapping_sub(1), 0, Flags::SYN, &[]));
        }
    }

    /// A part of what it says.
    pub(super) fn send(&mut self, at: u8, len: u8, network: &mut Network) {
        let Some(packet) = self.part(at, len, network) else {
            return;
        };
        network.carry(&packet);
    }

    /// The same in two fragments, the second of them first.
    pub(super) fn fragment(&mut self, at: u8, len: u8, network: &mut Network) {
        let Some(packet) = self.part(at, len, network) else {
            return;
        };
        match fragments(&packet) {
            Some(pieces) => pieces.iter().rev().for_each(|piece| network.carry(piece)),
            None => network.carry(&packet),
        }
    }

    /// Other bytes in the place of its own.
    pub(super) fn lie(&mut self, at: u8, len: u8, network: &mut Network) {
        self.lied = true;
        if self.stream.is_empty() {
            return network.carry(&datagram(
                self.app,
                self.server,
                &vec![at | 0x40; usize::from(len)],
            ));
        }
        let offset = self.stream.len() * usize::from(at) / 256;
        if let Some(packet) = self.segment_at(offset, &vec![b'A' + at % 26; 1 + usize::from(len)], network) {
            network.carry(&packet);
        }
    }

    /// All that it says, in order.
    pub(super) fn finish(&mut self, network: &mut Network) {
        for offset in (0..self.stream.len()).step_by(1_000) {
            let end = self.stream.len().min(offset + 1_000);
            if let Some(packet) = self.segment_at(offset, &self.stream[offset..end], network) {
                network.carry(&packet);
            }
        }
        for payload in self.datagrams.clone() {
            network.carry(&datagram(self.app, self.server, &payload));
            self.sent.push(payload);
        }
    }

    fn part(&mut self, at: u8, len: u8, network: &Network) -> Option<Vec<u8>> {
        if self.stream.is_empty() {
            let payload = self.datagrams[usize::from(at) % self.datagrams.len()].clone();
            let packet = datagram(self.app, self.server, &payload);
            self.sent.push(payload);
            return Some(packet);
        }
        let offset = self.stream.len() * usize::from(at) / 256;
        let end = self.stream.len().min(offset + 1 + usize::from(len) * 4);
        self.segment_at(offset, &self.stream[offset..end], network)
    }

    fn segment_at(&self, offset: usize, bytes: &[u8], network: &Network) -> Option<Vec<u8>> {
        let ack = network.opened.get(&self.server)?.wrapping_add(1);
        Some(self.segment(ISN.wrapping_add(offset as i32), ack, Flags::ACK, bytes))
    }

    fn segment(&self, seq: i32, ack: i32, flags: Flags, payload: &[u8]) -> Vec<u8> {
        let mut header = [0; wire::tcp::MAX_HEADER];
        let segment = Segment {
            src: self.app,
            dst: self.server,
            seq: SeqNumber(seq),
            ack: SeqNumber(ack),
            flags,
            window: 65_000,
            options: &Options::default(),
        };
        let len = wire::tcp::emit(&mut header, &segment, &[payload]);
        [&header[..len], payload].concat()
    }

    /// Holds what became of it against what it was. `hasty`: nothing can have been decided by time.
    pub(super) fn check(&self, network: &Network, hasty: bool) {
        for verdict in network.verdicts.iter().filter(|verdict| verdict.app == self.app) {
            let by_name = matches!(
                verdict.reason.seen,
                Seen::Sni | Seen::Host | Seen::Quic | Seen::Query
            );
            if let (true, false, Some(name)) = (by_name, self.lied, &verdict.reason.name) {
                assert_eq!(name.as_str(), self.name, "judged by another's name");
            }
        }
        match self.kind {
            Kind::Tls { .. } | Kind::Http { .. } => self.check_stream(network, hasty),
            Kind::Quic { version } => self.check_datagrams(version, network, hasty),
            Kind::Questions => self.check_questions(network),
        }
    }

    fn check_stream(&self, network: &Network, hasty: bool) {
        let left = network.streams.get(&self.server).map_or(&[][..], Vec::as_slice);
        if let Some(name) = name_of(left) {
            assert!(!name.ends_with(BLOCKED), "a blocked name left");
        }
        if self.lied {
            return;
        }
        assert!(self.stream.starts_with(left), "not what the app said");
        if self.blocked && hasty {
            assert_eq!(left.len(), 0, "of a blocked flow");
            assert!(network.has_blocked(self.server));
        }
        if !self.blocked && hasty {
            assert_eq!(left.len(), self.stream.len(), "not all that the app said");
        }
    }

    fn check_datagrams(&self, version: Version, network: &Network, hasty: bool) {
        let left = network.datagrams.iter().filter(|(to, _)| *to == self.server);
        let left: Vec<&Vec<u8>> = left
            .map(|(_, payload)| payload)
            .filter(|it| it.len() >= 1_200)
            .collect();
        if !self.blocked {
            assert!(left.iter().copied().eq(&self.sent), "not what the app sent");
            return;
        }
        assert_ne!(
            name_of_flight(version, &left).as_ref(),
            Some(&self.name),
            "a blocked name left"
        );
        if hasty && self.sent.len() <= HELD && !self.lied {
            assert!(left.is_empty(), "of a blocked connection");
            assert!(network.has_blocked(self.server));
        }
    }

    fn check_questions(&self, network: &Network) {
        for message in &network.asked {
            let name = Query::asked_name(message).unwrap();
            assert!(!name.as_str().ends_with(BLOCKED), "a blocked question left");
        }
    }
}

/// The name that a server would read.
fn name_of(stream: &[u8]) -> Option<String> {
    if let Parsed::Complete(hello) = ClientHello::parse(stream)
        && let ServerName::Dns(name) = hello.server_name
    {
        return Some(name.as_str().to_owned());
    }
    match Request::parse(stream) {
        Parsed::Complete(request) => request.host.map(|name| name.as_str().to_owned()),
        Parsed::Incomplete | Parsed::Mismatch => None,
    }
}

/// The same of a connection's datagrams.
fn name_of_flight(version: Version, datagrams: &[&Vec<u8>]) -> Option<String> {
    let (mut message, mut have, mut scratch) = (vec![0; 4_096], vec![false; 4_096], Vec::new());
    for packet in datagrams.iter().flat_map(|datagram| Packets::new(datagram)) {
        let keys = InitialKeys::new(version, packet.dcid, Side::Client).unwrap();
        keys.open(&packet, None, &mut scratch)?;
        for frame in Frames::new(version, &scratch).flatten() {
            let at = frame.offset as usize;
            message[at..at + frame.data.len()].copy_from_slice(frame.data);
            have[at..at + frame.data.len()].fill(true);
        }
    }
    let len = have.iter().take_while(|have| **have).count();
    match ClientHello::parse_message(&message[..len]) {
        Parsed::Complete(hello) => match hello.server_name {
            ServerName::Dns(name) => Some(name.as_str().to_owned()),
            ServerName::Absent | ServerName::Invalid | ServerName::Ambiguous => None,
        },
        Parsed::Incomplete | Parsed::Mismatch => None,
    }
}

/// Datagrams of 1,200 bytes out of frames, the last frames first, as browsers scramble them.
fn flight(initial: &Initial, frames: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let (mut datagrams, mut held) = (Vec::new(), Vec::new());
    for frame in frames.into_iter().rev() {
        if held.len() + frame.len() > 1_100 {
            datagrams.push(std::mem::take(&mut held));
        }
        held.extend(frame);
    }
    datagrams.push(held);
    let numbered = datagrams.iter().zip(0..);
    numbered
        .map(|(frames, number)| initial.clone().number(number, 1).datagram(frames, 1_200))
        .collect()
}

/// A question for an address, behind its length.
fn question(name: &str) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    [&(message.len() as u16).to_be_bytes()[..], &message].concat()
}

fn datagram(src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::udp::MAX_HEADER];
    let len = wire::udp::emit(&mut header, src, dst, payload);
    [&header[..len], payload].concat()
}

/// An IPv4 packet in two fragments (RFC 791 section 3.2), if it is long enough.
fn fragments(packet: &[u8]) -> Option<[Vec<u8>; 2]> {
    let (header, payload) = packet.split_at(20);
    // Behind the transport header.
    let cut = Some(payload.len() / 2 / 8 * 8).filter(|cut| *cut >= 40)?;
    let pieces = [(0, &payload[..cut]), (cut, &payload[cut..])];
    Some(pieces.map(|(at, piece)| {
        let more = if at == 0 { 0x2000 } else { 0 };
        let mut header = header.to_vec();
        header[2..4].copy_from_slice(&(20 + piece.len() as u16).to_be_bytes());
        header[6..8].copy_from_slice(&(more | (at / 8) as u16).to_be_bytes());
        header[10..12].fill(0);
        let sum = Checksum::default().add(&header).finish();
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        [&header[..], piece].concat()
    }))
}
