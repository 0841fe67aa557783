//! TCP segments (RFC 9293, RFC 7323 window scale, RFC 2018 SACK).

use std::net::SocketAddr;
use std::ops::Range;

use smoltcp::wire::TcpPacket;
pub use smoltcp::wire::TcpSeqNumber as SeqNumber;

use crate::Malformed;
use crate::checksum::Checksum;
use crate::ip::{self, Protocol};

#[cfg(test)]
mod tests;

/// The control bits of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// Push.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement field is significant.
    pub const ACK: Self = Self(0x10);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A header without options (RFC 9293 section 3.1).
const MIN_HEADER: usize = 20;

/// Where the control bits lie (RFC 9293 section 3.1).
const FLAGS: usize = 13;

/// A segment's header, validated once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpHeader {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number of the first byte (of the SYN, if set).
    pub seq: SeqNumber,
    /// Acknowledgement number; meaningful only with `Flags::ACK`.
    pub ack: SeqNumber,
    /// Control bits.
    pub flags: Flags,
    /// The window field, unscaled.
    pub window: u16,
    /// Where the options lie in the segment.
    pub options: Range<usize>,
    /// Where the payload lies in the segment.
    pub payload: Range<usize>,
}

impl TcpHeader {
    /// Reads the header of `segment` (an IP payload). The checksum is not verified: see [`crate::ip`].
    #[inline]
    pub fn parse(segment: &[u8]) -> Result<Self, Malformed> {
        let tcp = TcpPacket::new_checked(segment).map_err(|_| Malformed::Length)?;
        let header_len = usize::from(tcp.header_len());
        Ok(Self {
            src_port: tcp.src_port(),
            dst_port: tcp.dst_port(),
            seq: tcp.seq_number(),
            ack: tcp.ack_number(),
            flags: Flags(segment[FLAGS]),
            window: tcp.window_len(),
            options: MIN_HEADER..header_len,
            payload: header_len..segment.len(),
        })
    }
}

/// Option kinds (IANA).
mod kind {
    /// End of option list (RFC 9293 section 3.2).
    pub(super) const END: u8 = 0;
    /// No operation (RFC 9293 section 3.2).
    pub(super) const NOP: u8 = 1;
    /// Maximum segment size (RFC 9293 section 3.2).
    pub(super) const MSS: u8 = 2;
    /// Window scale (RFC 7323 section 2.2).
    pub(super) const WINDOW_SCALE: u8 = 3;
    /// SACK permitted (RFC 2018 section 2).
    pub(super) const SACK_PERMITTED: u8 = 4;
    /// SACK (RFC 2018 section 3).
    pub(super) const SACK: u8 = 5;
}

/// A larger shift counts as this one (RFC 7323 section 2.3).
const MAX_WINDOW_SCALE: u8 = 14;

/// Blocks that one segment tells at most: they fit beside every other option.
const MAX_SACK_BLOCKS: usize = 3;

/// The options that the splice reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Window shift, at most 14 (RFC 7323 section 2.3).
    pub window_scale: Option<u8>,
    /// SACK permitted.
    pub sack_permitted: bool,
    /// SACK blocks, as sent.
    pub sack: [Option<(SeqNumber, SeqNumber)>; 4],
}

impl Options {
    /// Reads the option bytes of a segment; stops quietly at the first malformed option.
    pub fn parse(options: &[u8]) -> Self {
        let mut parsed = Self::default();
        let mut rest = options;
        loop {
            match *rest {
                [kind::NOP, ref after @ ..] => rest = after,
                [kind::END, ..] | [] | [_] => return parsed,
                [kind, len, ..] => {
                    let Some((option, after)) = rest.split_at_checked(usize::from(len)) else {
                        return parsed;
                    };
                    if option.len() < 2 {
                        return parsed;
                    }
                    parsed.take(kind, &option[2..]);
                    rest = after;
                }
            }
        }
    }

    /// Takes one option; one of a length that is not its own is passed over.
    fn take(&mut self, kind: u8, data: &[u8]) {
        match (kind, data) {
            (kind::MSS, &[high, low]) => self.mss = Some(u16::from_be_bytes([high, low])),
            (kind::WINDOW_SCALE, &[shift]) => self.window_scale = Some(shift.min(MAX_WINDOW_SCALE)),
            (kind::SACK_PERMITTED, []) => self.sack_permitted = true,
            (kind::SACK, blocks) if blocks.len() % 8 == 0 => {
                for (slot, &[a, b, c, d, e, f, g, h]) in self.sack.iter_mut().zip(blocks.as_chunks::<8>().0) {
                    let (left, right) = (i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]));
                    *slot = Some((SeqNumber(left), SeqNumber(right)));
                }
            }
            _ => {}
        }
    }

    /// Writes the options, each padded in front with NOP to a multiple of 4 bytes (RFC 2018 section 3, RFC 7323
    /// appendix A), and returns their length, at most 40.
    fn emit(&self, room: &mut [u8; 40]) -> usize {
        let mut len = 0;
        if let Some(mss) = self.mss {
            let [high, low] = mss.to_be_bytes();
            room[..4].copy_from_slice(&[kind::MSS, 4, high, low]);
            len = 4;
        }
        if let Some(shift) = self.window_scale {
            room[len..len + 4].copy_from_slice(&[
                kind::NOP,
                kind::WINDOW_SCALE,
                3,
                shift.min(MAX_WINDOW_SCALE),
            ]);
            len += 4;
        }
        if self.sack_permitted {
            room[len..len + 4].copy_from_slice(&[kind::NOP, kind::NOP, kind::SACK_PERMITTED, 2]);
            len += 4;
        }
        if self.sack[0].is_some() {
            let head = len;
            len += 4;
            for (left, right) in self.sack.iter().take(MAX_SACK_BLOCKS).map_while(|block| *block) {
                room[len..len + 4].copy_from_slice(&left.0.to_be_bytes());
                room[len + 4..len + 8].copy_from_slice(&right.0.to_be_bytes());
                len += 8;
            }
            let option_len = (len - head - 2) as u8;
            room[head..head + 4].copy_from_slice(&[kind::NOP, kind::NOP, kind::SACK, option_len]);
        }
        len
    }
}

/// What the splice says in one segment's header.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Sender.
    pub src: SocketAddr,
    /// Receiver, of the same family.
    pub dst: SocketAddr,
    /// Sequence number.
    pub seq: SeqNumber,
    /// Acknowledgement number; zero without `Flags::ACK`.
    pub ack: SeqNumber,
    /// Control bits.
    pub flags: Flags,
    /// The window field, already scaled.
    pub window: u16,
    /// MSS, window scale and SACK-permitted (on a SYN), SACK blocks (on an ACK).
    pub options: &'a Options,
}

/// Room for the longest header: IPv6, TCP and 40 bytes of options.
pub const MAX_HEADER: usize = 40 + 20 + 40;

/// Writes the IP and TCP headers of `segment` with the checksum over `body`, and returns their length.
///
/// `body` is given in pieces because it lies in pooled chunks; it is read once, for the checksum, and not copied.
#[inline]
pub fn emit(header: &mut [u8; MAX_HEADER], segment: &Segment<'_>, body: &[&[u8]]) -> usize {
    let (src, dst) = (segment.src.ip(), segment.dst.ip());
    let ip_len = if src.is_ipv4() && dst.is_ipv4() { 20 } else { 40 };
    let (_, tcp) = header.split_at_mut(ip_len);
    let options_len = tcp
        .get_mut(MIN_HEADER..)
        .and_then(<[u8]>::first_chunk_mut)
        .map_or(0, |room| segment.options.emit(room));
    let header_len = MIN_HEADER + options_len;
    let len = header_len + body.iter().map(|piece| piece.len()).sum::<usize>();

    let tcp = &mut tcp[..header_len];
    tcp[0..2].copy_from_slice(&segment.src.port().to_be_bytes());
    tcp[2..4].copy_from_slice(&segment.dst.port().to_be_bytes());
    tcp[4..8].copy_from_slice(&segment.seq.0.to_be_bytes());
    tcp[8..12].copy_from_slice(&segment.ack.0.to_be_bytes());
    tcp[12..14].copy_from_slice(&[((header_len / 4) << 4) as u8, segment.flags.0]);
    tcp[14..16].copy_from_slice(&segment.window.to_be_bytes());
    // Checksum, filled below, and urgent pointer.
    tcp[16..20].fill(0);

    let mut checksum = Checksum::pseudo_header(src, dst, Protocol::TCP, len).add(tcp);
    for piece in body {
        checksum = checksum.add(piece);
    }
    tcp[16..18].copy_from_slice(&checksum.finish().to_be_bytes());
    if let Some(ip_header) = header.first_chunk_mut() {
        ip::emit(ip_header, src, dst, Protocol::TCP, len);
    }
    ip_len + header_len
}
