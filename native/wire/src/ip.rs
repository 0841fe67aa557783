//! IPv4 and IPv6 headers: options, extension headers, fragments (RFC 791, RFC 8200).

use std::net::IpAddr;
use std::ops::Range;

use crate::Malformed;

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
    /// The protocol of the payload, extension headers skipped.
    pub protocol: Protocol,
    /// Remaining hops.
    pub hop_limit: u8,
    /// IPv4's DF; always true on IPv6.
    pub dont_fragment: bool,
    /// Set on a fragment; the payload is then a piece of a datagram.
    pub fragment: Option<Fragment>,
    /// Where the payload lies in the packet; bytes beyond the IP length are left out.
    pub payload: Range<usize>,
}

impl IpHeader {
    /// Reads the header of `packet`. IPv4 options and IPv6 extension headers are skipped.
    pub fn parse(packet: &[u8]) -> Result<Self, Malformed> {
        let _ = packet;
        unimplemented!()
    }
}

/// Writes an IP header without options in front of `payload_len` bytes and returns its length, 20 or 40.
///
/// IPv4: identification 0, DF set, header checksum filled. Both addresses are of one family.
pub fn emit(header: &mut [u8; 40], src: IpAddr, dst: IpAddr, protocol: Protocol, payload_len: usize) -> usize {
    let _ = (header, src, dst, protocol, payload_len);
    unimplemented!()
}
