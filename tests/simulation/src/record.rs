//! What left the engine: the invariants look at it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use engine::{EchoId, FlowId, MappingId, OwnerQuestion, Timestamp, VerdictEvent};

use crate::clock::scramble;
use crate::names::Message;

/// Bytes that went up on a stream.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where to.
    pub to: SocketAddr,
    /// How many.
    pub bytes: u64,
    /// The first of them.
    pub head: Vec<u8>,
}

/// A datagram that went up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentDatagram {
    /// From which mapping.
    pub mapping: MappingId,
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub payload: Vec<u8>,
    /// Whether the network may fragment it.
    pub may_fragment: bool,
}

/// All that left the engine.
#[derive(Debug, Default)]
pub struct Record {
    /// Dials.
    pub dials: Vec<(Timestamp, FlowId, SocketAddr)>,
    /// Bytes upstream.
    pub sent: BTreeMap<FlowId, Sent>,
    /// Questions.
    pub asks: Vec<(Timestamp, Message)>,
    /// How many of them had to go over TCP.
    pub tcp_asks: u64,
    /// Datagrams.
    pub datagrams: Vec<SentDatagram>,
    /// Echo requests.
    pub echoes: Vec<(EchoId, IpAddr, u16)>,
    /// Questions about owners.
    pub owners_asked: Vec<(OwnerQuestion, SocketAddr, SocketAddr)>,
    /// Keep-alives that were mirrored.
    pub keepalives: Vec<(FlowId, Duration)>,
    /// Reads of stream sockets.
    pub reads: u64,
    /// Low-water marks that were set.
    pub low_waters: Vec<(Timestamp, u32)>,
    /// Closed sockets, and whether with a RST.
    pub closes: Vec<(FlowId, bool)>,
    /// Closed mappings.
    pub closed_mappings: Vec<MappingId>,
    /// Verdicts.
    pub verdicts: Vec<VerdictEvent>,
    /// Packets to the phone.
    pub packets_down: u64,
    /// A digest of all outputs in order: equal for equal runs.
    pub digest: u64,
    /// The last outputs in words.
    pub tail: std::collections::VecDeque<String>,
}

impl Record {
    /// Notes an output, in words and for the digest.
    pub fn note(&mut self, at: Timestamp, what: impl FnOnce() -> String, bytes: &[u8]) {
        let words = what();
        let mut digest = scramble(self.digest ^ at.as_micros());
        for byte in words.bytes().chain(bytes.iter().copied()) {
            // FNV-1a.
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.digest = digest;
        if self.tail.len() == 20_000 {
            self.tail.pop_front();
        }
        self.tail.push_back(format!(
            "{:>9} {words}",
            at.as_micros() - crate::clock::START.as_micros()
        ));
    }

    /// Bytes sent upstream to an address.
    pub fn bytes_to(&self, to: SocketAddr) -> u64 {
        self.sent
            .values()
            .filter(|sent| sent.to == to)
            .map(|sent| sent.bytes)
            .sum()
    }

    /// Dials to an address.
    pub fn dials_to(&self, to: SocketAddr) -> usize {
        self.dials.iter().filter(|(_, _, dialed)| *dialed == to).count()
    }

    /// Whether a question for `name` left.
    pub fn asked(&self, name: &str) -> bool {
        self.asks
            .iter()
            .any(|(_, message)| message.name.eq_ignore_ascii_case(name))
    }
}
