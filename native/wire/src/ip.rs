//! IPv4 and IPv6 headers: options, extension headers, fragments (RFC 791, RFC 8200).
//!
//! The IPv4 header checksum of a received packet is not verified, nor are those of TCP, UDP and ICMP: the TUN hands
//! over a copy that the kernel of this machine has just made and summed, so a damaged packet has no way in. Lengths
//! are verified always.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use smoltcp::wire::{Ipv4Packet, Ipv6Packet};

use crate::Malformed;
use crate::checksum::Checksum;

#[cfg(test)]
mod tests;

/// An upper-layer protocol number (IANA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);
}

/// A fragment's place in its datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// The datagram's identification (16 bits on IPv4).
    pub id: u32,
    /// Offset of this fragment's payload, in bytes.
    pub offset: u16,
    /// Whether more fragments follow.
    pub more: bool,
}

/// One packet's IP header, validated against the packet's length once; accessors cannot fail afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpHeader {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// The protocol of the payload, extension headers skipped. On an IPv6 fragment: what follows the fragment header,
    /// be it another extension header.
    pub protocol: Protocol,
    /// Remaining hops.
    pub hop_limit: u8,
    /// IPv4's DF; always true on IPv6.
    pub dont_fragment: bool,
    /// Set on a fragment; the payload is then a piece of a datagram. `None` for an "atomic" fragment, which is a whole
    /// datagram (RFC 6946).
    pub fragment: Option<Fragment>,
    /// Where the payload lies in the packet; bytes beyond the IP length are left out.
    pub payload: Range<usize>,
}

impl IpHeader {
    /// Reads the header of `packet`. IPv4 options and IPv6 extension headers are skipped.
    #[inline]
    pub fn parse(packet: &[u8]) -> Result<Self, Malformed> {
        match packet.first().ok_or(Malformed::Truncated)? >> 4 {
            4 => Self::parse_v4(packet),
            6 => Self::parse_v6(packet),
            _ => Err(Malformed::Version),
        }
    }

    fn parse_v4(packet: &[u8]) -> Result<Self, Malformed> {
        let ip = Ipv4Packet::new_checked(packet).map_err(|_| Malformed::Length)?;
        let (offset, more) = (ip.frag_offset(), ip.more_frags());
        let fragment = (offset != 0 || more).then(|| Fragment {
            id: u32::from(ip.ident()),
            offset,
            more,
        });
        Ok(Self {
            src: ip.src_addr().into(),
            dst: ip.dst_addr().into(),
            protocol: Protocol(ip.next_header().into()),
            hop_limit: ip.hop_limit(),
            dont_fragment: ip.dont_frag(),
            fragment,
            payload: usize::from(ip.header_len())..usize::from(ip.total_len()),
        })
    }

    fn parse_v6(packet: &[u8]) -> Result<Self, Malformed> {
        let ip = Ipv6Packet::new_checked(packet).map_err(|_| Malformed::Length)?;
        let chain = Chain::parse(&packet[..ip.total_len()])?;
        Ok(Self {
            src: ip.src_addr().into(),
            dst: ip.dst_addr().into(),
            protocol: Protocol(chain.protocol),
            hop_limit: ip.hop_limit(),
            dont_fragment: true,
            fragment: chain.fragment,
            payload: chain.end..ip.total_len(),
        })
    }
}

/// Hop-by-hop options (RFC 8200 section 4.3).
const HOP_BY_HOP: u8 = 0;
/// Routing header (RFC 8200 section 4.4).
const ROUTING: u8 = 43;
/// Fragment header (RFC 8200 section 4.5).
const FRAGMENT: u8 = 44;
/// Authentication header (RFC 4302).
const AUTHENTICATION: u8 = 51;
/// Destination options (RFC 8200 section 4.6).
const DESTINATION_OPTIONS: u8 = 60;

/// The headers between an IPv6 header and its payload.
pub(crate) struct Chain {
    /// What the payload is.
    protocol: u8,
    fragment: Option<Fragment>,
    /// Where the payload begins.
    end: usize,
    /// Where the next-header field that names the payload lies (for "parameter problem", RFC 4443 section 3.4).
    pub(crate) named_at: usize,
}

impl Chain {
    /// Walks the headers of an IPv6 `packet` of at least 40 bytes, cut to its length. Each step moves on by at least
    /// eight bytes, so the walk ends.
    #[inline]
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, Malformed> {
        /// Where the fixed header names what follows it (RFC 8200 section 3).
        const NEXT_HEADER: usize = 6;
        let protocol = *packet.get(NEXT_HEADER).ok_or(Malformed::Truncated)?;
        let mut chain = Self {
            protocol,
            fragment: None,
            end: 40,
            named_at: NEXT_HEADER,
        };
        loop {
            let len = match chain.protocol {
                HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | AUTHENTICATION | FRAGMENT => {
                    let header = packet.get(chain.end..).and_then(|rest| rest.first_chunk::<8>());
                    let header = header.ok_or(Malformed::Truncated)?;
                    let protocol = std::mem::replace(&mut chain.protocol, header[0]);
                    match protocol {
                        // In units of 4 bytes, minus 2 (RFC 4302 section 2.2); 8 bytes at least, see above.
                        AUTHENTICATION => ((usize::from(header[1]) + 2) * 4).max(8),
                        FRAGMENT => {
                            chain.fragment = fragment(header);
                            8
                        }
                        // In units of 8 bytes, minus 1 (RFC 8200 section 4).
                        _ => (usize::from(header[1]) + 1) * 8,
                    }
                }
                _ => return Ok(chain),
            };
            chain.named_at = chain.end;
            chain.end += len;
            if chain.end > packet.len() {
                return Err(Malformed::Length);
            }
            if chain.fragment.is_some() {
                return Ok(chain);
            }
        }
    }
}

/// Reads a fragment header; `None` for an atomic fragment (RFC 6946).
fn fragment(header: &[u8; 8]) -> Option<Fragment> {
    let field = u16::from_be_bytes([header[2], header[3]]);
    let id = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let (offset, more) = (field & 0xfff8, field & 1 == 1);
    (offset != 0 || more).then_some(Fragment { id, offset, more })
}

/// The hop limit of emitted packets (RFC 1700, "IP TIME TO LIVE PARAMETER").
const HOP_LIMIT: u8 = 64;

/// Writes an IP header without options in front of `payload_len` bytes and returns its length, 20 or 40.
///
/// IPv4: identification 0, DF set, header checksum filled. Both addresses are of one family.
#[inline]
pub fn emit(
    header: &mut [u8; 40],
    src: IpAddr,
    dst: IpAddr,
    protocol: Protocol,
    payload_len: usize,
) -> usize {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => emit_v4(header, src, dst, protocol, payload_len),
        (IpAddr::V6(src), IpAddr::V6(dst)) => emit_v6(header, src, dst, protocol, payload_len),
        // The doc asks for one family; to mix them is a mistake of the caller that IPv6 can at least express.
        (src, dst) => emit_v6(header, mapped(src), mapped(dst), protocol, payload_len),
    }
}

fn emit_v4(
    header: &mut [u8; 40],
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: Protocol,
    payload_len: usize,
) -> usize {
    let total_len = (20 + payload_len) as u16;
    // Version 4, five words.
    header[..2].copy_from_slice(&[0x45, 0]);
    header[2..4].copy_from_slice(&total_len.to_be_bytes());
    // Identification 0, DF, offset 0 (RFC 6864 section 4.1: an atomic datagram's identification means nothing).
    header[4..12].copy_from_slice(&[0, 0, 0x40, 0, HOP_LIMIT, protocol.0, 0, 0]);
    header[12..16].copy_from_slice(&src.octets());
    header[16..20].copy_from_slice(&dst.octets());
    let checksum = Checksum::default().add(&header[..20]).finish();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    20
}

fn emit_v6(
    header: &mut [u8; 40],
    src: Ipv6Addr,
    dst: Ipv6Addr,
    protocol: Protocol,
    payload_len: usize,
) -> usize {
    header[..4].copy_from_slice(&[0x60, 0, 0, 0]);
    header[4..6].copy_from_slice(&(payload_len as u16).to_be_bytes());
    header[6..8].copy_from_slice(&[protocol.0, HOP_LIMIT]);
    header[8..24].copy_from_slice(&src.octets());
    header[24..40].copy_from_slice(&dst.octets());
    40
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}
