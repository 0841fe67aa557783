//! UDP datagrams (RFC 768).

use std::net::SocketAddr;
use std::ops::Range;

use crate::Malformed;

/// A datagram's header, validated once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UdpHeader {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Where the payload lies in the datagram.
    pub payload: Range<usize>,
}

impl UdpHeader {
    /// Reads the header of `datagram` (an IP payload).
    pub fn parse(datagram: &[u8]) -> Result<Self, Malformed> {
        let _ = datagram;
        unimplemented!()
    }
}

/// Room for the longest header: IPv6 and UDP.
pub const MAX_HEADER: usize = 48;

/// Writes the IP and UDP headers of a datagram with the checksum over `payload`, and returns their length.
pub fn emit(header: &mut [u8; MAX_HEADER], src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> usize {
    let _ = (header, src, dst, payload);
    unimplemented!()
}
