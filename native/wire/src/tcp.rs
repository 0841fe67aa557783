//! TCP segments (RFC 9293, RFC 7323 window scale, RFC 2018 SACK).

use std::net::SocketAddr;
use std::ops::Range;

pub use smoltcp::wire::TcpSeqNumber as SeqNumber;

use crate::Malformed;

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
    /// Reads the header of `segment` (an IP payload). The checksum is not verified: see ARCHITECTURE.md.
    pub fn parse(segment: &[u8]) -> Result<Self, Malformed> {
        let _ = segment;
        unimplemented!()
    }
}

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
        let _ = options;
        unimplemented!()
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
pub fn emit(header: &mut [u8; MAX_HEADER], segment: &Segment<'_>, body: &[&[u8]]) -> usize {
    let _ = (header, segment, body);
    unimplemented!()
}
