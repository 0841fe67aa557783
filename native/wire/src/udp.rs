//! UDP datagrams (RFC 768).

use std::net::SocketAddr;
use std::ops::Range;

use smoltcp::wire::UdpPacket;

use crate::Malformed;
use crate::checksum::Checksum;
use crate::ip::{self, Protocol};

#[cfg(test)]
mod tests;

/// The length of a header.
pub const HEADER: usize = 8;

/// A datagram's header, validated once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UdpHeader {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Where the payload lies in the datagram; bytes beyond the UDP length are left out.
    pub payload: Range<usize>,
}

impl UdpHeader {
    /// Reads the header of `datagram` (an IP payload). The checksum is not verified: see [`crate::ip`].
    #[inline]
    pub fn parse(datagram: &[u8]) -> Result<Self, Malformed> {
        let udp = UdpPacket::new_checked(datagram).map_err(|_| Malformed::Length)?;
        Ok(Self {
            src_port: udp.src_port(),
            dst_port: udp.dst_port(),
            payload: HEADER..usize::from(udp.len()),
        })
    }
}

/// Room for the longest header: IPv6 and UDP.
pub const MAX_HEADER: usize = 48;

/// Writes the IP and UDP headers of a datagram with the checksum over `payload`, and returns their length.
#[inline]
pub fn emit(header: &mut [u8; MAX_HEADER], src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> usize {
    let len = HEADER + payload.len();
    let ip_len = match header.first_chunk_mut() {
        Some(ip_header) => ip::emit(ip_header, src.ip(), dst.ip(), Protocol::UDP, len),
        None => 0,
    };

    let udp = &mut header[ip_len..ip_len + HEADER];
    udp[0..2].copy_from_slice(&src.port().to_be_bytes());
    udp[2..4].copy_from_slice(&dst.port().to_be_bytes());
    udp[4..6].copy_from_slice(&(len as u16).to_be_bytes());
    udp[6..8].fill(0);
    let checksum = Checksum::pseudo_header(src.ip(), dst.ip(), Protocol::UDP, len)
        .add(udp)
        .add(payload);
    // Zero would say "no checksum"; its other form is all ones (RFC 768).
    let checksum = match checksum.finish() {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&checksum.to_be_bytes());
    ip_len + HEADER
}
