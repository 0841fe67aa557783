//! Fragments of the app's packets, put together again (RFC 791 section 3.2, RFC 8200 section 4.5).
//!
//! An overlap discards the datagram and what of it is still to come (RFC 5722), on IPv4 too; an exact duplicate is
//! passed over, which RFC 8200 permits.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use wire::checksum::Checksum;
use wire::ip::{self, Fragment, IpHeader, Protocol};

use crate::Timestamp;

#[cfg(test)]
mod tests;

/// How long a datagram may be incomplete. RFC 791 asks for at least 15 s, RFC 8200 for at most 60 s; 30 s is between
/// them and what Linux gives. The pieces come from this machine's own kernel, which sends them back to back.
const LIFETIME: Duration = Duration::from_secs(30);
/// Incomplete datagrams at most; the oldest goes first.
const MAX_DATAGRAMS: usize = 64;
/// Bytes in incomplete datagrams at most; the oldest goes first. Room for eight of the longest.
const MAX_BYTES: usize = 512 * 1024;
/// Fragments of a datagram at most; 65,535 bytes at the smallest MTU of IPv6 are 53.
const MAX_PIECES: usize = 128;

/// What the fragments of one datagram have in common. IPv4 has the protocol in it (RFC 791), IPv6 has not (RFC 8200).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: Option<Protocol>,
}

impl Key {
    fn new(header: &IpHeader, fragment: Fragment) -> Self {
        let protocol = header.src.is_ipv4().then_some(header.protocol);
        Self {
            src: header.src,
            dst: header.dst,
            id: fragment.id,
            protocol,
        }
    }
}

/// A datagram under way.
#[derive(Debug)]
struct Datagram {
    key: Key,
    began: Timestamp,
    /// Payloads by offset; none overlaps another.
    pieces: BTreeMap<usize, Vec<u8>>,
    bytes: usize,
    /// Length of the whole payload, known from the last fragment.
    len: Option<usize>,
    /// The first fragment's, which alone counts (RFC 8200 section 4.5).
    protocol: Option<Protocol>,
    /// It overlapped: its later fragments are discarded too.
    bad: bool,
}

/// What one more fragment did to its datagram.
enum Step {
    Incomplete,
    Complete,
    Bad,
}

impl Datagram {
    fn new(key: Key, began: Timestamp) -> Self {
        Self {
            key,
            began,
            pieces: BTreeMap::new(),
            bytes: 0,
            len: None,
            protocol: None,
            bad: false,
        }
    }

    fn add(&mut self, protocol: Protocol, fragment: Fragment, payload: &[u8]) -> Step {
        let start = usize::from(fragment.offset);
        let end = start + payload.len();
        if self.pieces.get(&start).is_some_and(|piece| piece == payload)
            && fragment.more == (self.len != Some(end))
        {
            return Step::Incomplete;
        }
        let reached = self
            .pieces
            .last_key_value()
            .map_or(0, |(at, piece)| at + piece.len());
        let beyond_the_end = if fragment.more {
            self.len.is_some_and(|len| end >= len)
        } else {
            self.len.is_some() || reached > end
        };
        let before = self.pieces.range(..=start).next_back();
        let after = self.pieces.range(start..).next();
        if beyond_the_end
            || before.is_some_and(|(at, piece)| at + piece.len() > start)
            || after.is_some_and(|(at, _)| *at < end)
            || self.pieces.len() == MAX_PIECES
        {
            return Step::Bad;
        }
        if !fragment.more {
            self.len = Some(end);
        }
        if start == 0 {
            self.protocol = Some(protocol);
        }
        self.pieces.insert(start, payload.to_vec());
        self.bytes += payload.len();
        if self.len == Some(self.bytes) {
            Step::Complete
        } else {
            Step::Incomplete
        }
    }

    /// The whole packet, under a header without options and without DF: it may be fragmented again.
    fn into_packet(self) -> Option<Vec<u8>> {
        let mut header = [0; 40];
        let len = ip::emit(
            &mut header,
            self.key.src,
            self.key.dst,
            self.protocol?,
            self.bytes,
        );
        if self.key.src.is_ipv4() {
            header[6] = 0;
            header[10..12].fill(0);
            let checksum = Checksum::default().add(&header[..len]).finish();
            header[10..12].copy_from_slice(&checksum.to_be_bytes());
        }
        let mut packet = Vec::with_capacity(len + self.bytes);
        packet.extend_from_slice(&header[..len]);
        for piece in self.pieces.values() {
            packet.extend_from_slice(piece);
        }
        Some(packet)
    }
}

/// Incomplete datagrams, oldest first. Bounded in number, bytes and time.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    datagrams: VecDeque<Datagram>,
    bytes: usize,
    discarded: u64,
}

impl Reassembly {
    /// Takes a fragment; hands back the whole packet when nothing is missing any more.
    pub(crate) fn handle_fragment(
        &mut self,
        header: &IpHeader,
        packet: &[u8],
        now: Timestamp,
    ) -> Option<Vec<u8>> {
        let (fragment, payload) = (header.fragment?, packet.get(header.payload.clone())?);
        if !is_sound(header, fragment, payload) {
            self.discarded += 1;
            return None;
        }
        self.handle_timeout(now);
        let key = Key::new(header, fragment);
        let index = self
            .datagrams
            .iter()
            .position(|datagram| datagram.key == key)
            .unwrap_or_else(|| {
                self.datagrams.push_back(Datagram::new(key, now));
                self.datagrams.len() - 1
            });
        let datagram = self.datagrams.get_mut(index)?;
        if datagram.bad {
            self.discarded += 1;
            return None;
        }
        let held = datagram.bytes;
        match datagram.add(header.protocol, fragment, payload) {
            Step::Incomplete => {
                self.bytes += datagram.bytes - held;
                self.make_room();
                None
            }
            Step::Complete => {
                self.bytes -= held;
                self.datagrams.remove(index)?.into_packet()
            }
            Step::Bad => {
                self.discarded += datagram.pieces.len() as u64 + 1;
                self.bytes -= held;
                datagram.pieces.clear();
                datagram.bytes = 0;
                datagram.bad = true;
                self.make_room();
                None
            }
        }
    }

    /// Forgets what was incomplete for too long.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        while self
            .datagrams
            .front()
            .is_some_and(|datagram| datagram.began + LIFETIME <= now)
        {
            self.drop_oldest();
        }
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.datagrams.front().map(|datagram| datagram.began + LIFETIME)
    }

    /// Fragments discarded since the last call.
    pub(crate) fn take_discarded(&mut self) -> u64 {
        std::mem::take(&mut self.discarded)
    }

    fn make_room(&mut self) {
        while self.datagrams.len() > MAX_DATAGRAMS || self.bytes > MAX_BYTES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(datagram) = self.datagrams.pop_front() {
            self.bytes -= datagram.bytes;
            self.discarded += datagram.pieces.len() as u64;
        }
    }
}

/// Whether a fragment can be a part of a datagram: all but the last are multiples of 8 bytes, and none reaches beyond
/// the longest packet (RFC 8200 section 4.5).
fn is_sound(header: &IpHeader, fragment: Fragment, payload: &[u8]) -> bool {
    let longest = if header.src.is_ipv4() { 65_535 - 20 } else { 65_535 };
    !payload.is_empty()
        && (!fragment.more || payload.len().is_multiple_of(8))
        && usize::from(fragment.offset) + payload.len() <= longest
}
