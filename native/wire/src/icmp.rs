//! ICMP and ICMPv6 (RFC 792, RFC 4443): echo, and the errors that a gateway tells.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use crate::Malformed;
use crate::checksum::Checksum;
use crate::ip::{self, Chain, IpHeader, Protocol};

#[cfg(test)]
mod tests;

/// Echo reply and request (RFC 792 page 14).
const ECHO_V4: (u8, u8) = (0, 8);
/// Echo reply and request (RFC 4443 sections 4.2, 4.1).
const ECHO_V6: (u8, u8) = (129, 128);

/// An ICMP header, up to where the data of an echo or the quote of an error begins.
const HEADER: usize = 8;

/// An echo request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EchoRequest {
    /// Identifier.
    pub ident: u16,
    /// Sequence number.
    pub seq: u16,
    /// Where the data lies in the ICMP message.
    pub payload: Range<usize>,
}

impl EchoRequest {
    /// Reads an ICMP (or ICMPv6, by `ip.protocol`) message; `None` for any other type.
    pub fn parse(ip: &IpHeader, message: &[u8]) -> Result<Option<Self>, Malformed> {
        let request = match ip.protocol {
            Protocol::ICMP if ip.src.is_ipv4() => ECHO_V4.1,
            Protocol::ICMPV6 if ip.src.is_ipv6() => ECHO_V6.1,
            _ => return Ok(None),
        };
        let &[kind, code, ..] = message else {
            return Err(Malformed::Truncated);
        };
        if kind != request {
            return Ok(None);
        }
        if code != 0 {
            return Err(Malformed::Field);
        }
        let &[_, _, _, _, i, d, s, q] = message.first_chunk::<HEADER>().ok_or(Malformed::Truncated)?;
        Ok(Some(Self {
            ident: u16::from_be_bytes([i, d]),
            seq: u16::from_be_bytes([s, q]),
            payload: HEADER..message.len(),
        }))
    }
}

/// Emits a whole echo-reply packet.
pub fn emit_echo_reply(src: IpAddr, dst: IpAddr, ident: u16, seq: u16, payload: &[u8]) -> Vec<u8> {
    let (kind, _) = if src.is_ipv4() { ECHO_V4 } else { ECHO_V6 };
    emit_echo(src, dst, kind, ident, seq, payload)
}

/// Emits a whole echo-request packet.
pub fn emit_echo_request(src: IpAddr, dst: IpAddr, ident: u16, seq: u16, payload: &[u8]) -> Vec<u8> {
    let (_, kind) = if src.is_ipv4() { ECHO_V4 } else { ECHO_V6 };
    emit_echo(src, dst, kind, ident, seq, payload)
}

fn emit_echo(src: IpAddr, dst: IpAddr, kind: u8, ident: u16, seq: u16, payload: &[u8]) -> Vec<u8> {
    let ([i, d], [s, q]) = (ident.to_be_bytes(), seq.to_be_bytes());
    emit(src, dst, [kind, 0, 0, 0, i, d, s, q], payload)
}

/// An error that a gateway or the far end tells the sender of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unreachable {
    /// No route to the network.
    Net,
    /// The host does not answer.
    Host,
    /// The far end does not speak the protocol.
    Protocol,
    /// Nobody listens on the port.
    Port,
    /// Forbidden by an administrator.
    Prohibited,
    /// The packet is longer than this path MTU, in bytes ("fragmentation needed", "packet too big").
    TooBig(u16),
}

impl Unreachable {
    /// Destination unreachable (RFC 792 page 4; RFC 1191 section 4; code 13: RFC 1812 section 5.2.7.1).
    const fn header_v4(self) -> [u8; HEADER] {
        let (code, mtu) = match self {
            Self::Net => (0, 0),
            Self::Host => (1, 0),
            Self::Protocol => (2, 0),
            Self::Port => (3, 0),
            Self::TooBig(mtu) => (4, mtu),
            Self::Prohibited => (13, 0),
        };
        let [high, low] = mtu.to_be_bytes();
        [3, code, 0, 0, 0, 0, high, low]
    }

    /// Destination unreachable, packet too big, parameter problem (RFC 4443 sections 3.1, 3.2, 3.4). `named_at` is
    /// where the packet names its protocol.
    const fn header_v6(self, named_at: usize) -> [u8; HEADER] {
        let (kind, code, field) = match self {
            Self::Net => (1, 0, 0),
            Self::Prohibited => (1, 1, 0),
            Self::Host => (1, 3, 0),
            Self::Port => (1, 4, 0),
            Self::TooBig(mtu) => (2, 0, mtu),
            Self::Protocol => (4, 1, named_at as u16),
        };
        let [high, low] = field.to_be_bytes();
        [kind, code, 0, 0, 0, 0, high, low]
    }
}

/// Bytes of the packet that an ICMP error quotes at most: the error has 576 bytes then (RFC 1812 section 4.3.2.3).
const MAX_QUOTE_V4: usize = 576 - 20 - HEADER;
/// Bytes of the packet that an ICMPv6 error quotes at most: the error has the minimum MTU then (RFC 4443 section 2.4
/// (c)).
const MAX_QUOTE_V6: usize = 1280 - 40 - HEADER;

/// Emits a whole ICMP error packet to the sender of `packet`, quoting it as far as the RFC asks.
///
/// `from` is the address that speaks: the packet's destination, or a gateway of ours for `TooBig`. `None` where no
/// error may be told: about an ICMP error, a fragment but the first, to or about an address that is not one host's
/// (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)).
pub fn emit_unreachable(from: IpAddr, cause: Unreachable, packet: &[u8]) -> Option<Vec<u8>> {
    let ip = IpHeader::parse(packet).ok()?;
    let whole = &packet[..ip.payload.end];
    if from.is_ipv4() != ip.src.is_ipv4()
        || !is_one_host(ip.src)
        || is_group(ip.dst) && !(ip.dst.is_ipv6() && matches!(cause, Unreachable::TooBig(_)))
        || ip.fragment.is_some_and(|fragment| fragment.offset > 0)
        || is_icmp_error(&ip, &whole[ip.payload.clone()])
    {
        return None;
    }
    let (header, quote) = match from {
        IpAddr::V4(_) => (cause.header_v4(), MAX_QUOTE_V4),
        IpAddr::V6(_) => (cause.header_v6(Chain::parse(whole).ok()?.named_at), MAX_QUOTE_V6),
    };
    Some(emit(from, ip.src, header, &whole[..whole.len().min(quote)]))
}

/// Whether an ICMP message is an error, or one that may not be answered with one.
fn is_icmp_error(ip: &IpHeader, message: &[u8]) -> bool {
    let kind = message.first().copied();
    match ip.protocol {
        // Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 1122 section 3.2.2).
        Protocol::ICMP => matches!(kind, None | Some(3 | 4 | 5 | 11 | 12)),
        // All below 128 are errors (RFC 4443 section 2.1); 137 is a redirect.
        Protocol::ICMPV6 => kind.is_none_or(|kind| kind < 128 || kind == 137),
        _ => false,
    }
}

fn is_group(ip: IpAddr) -> bool {
    ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// Whether an error can be sent there.
fn is_one_host(ip: IpAddr) -> bool {
    // Class E (RFC 1122 section 3.2.2), the broadcast address among it.
    let reserved = matches!(ip, IpAddr::V4(ip) if ip.octets()[0] >= 240);
    !(ip.is_multicast() || ip.is_unspecified() || ip.is_loopback() || reserved)
}

/// Puts an IP header in front of an ICMP message and fills its checksum.
fn emit(src: IpAddr, dst: IpAddr, mut header: [u8; HEADER], data: &[u8]) -> Vec<u8> {
    let len = HEADER + data.len();
    let (protocol, checksum) = match src {
        // ICMP for IPv4 has no pseudo-header (RFC 792), ICMPv6 has one (RFC 4443 section 2.3).
        IpAddr::V4(_) => (Protocol::ICMP, Checksum::default()),
        IpAddr::V6(_) => (
            Protocol::ICMPV6,
            Checksum::pseudo_header(src, dst, Protocol::ICMPV6, len),
        ),
    };
    let checksum = checksum.add(&header).add(data).finish();
    header[2..4].copy_from_slice(&checksum.to_be_bytes());

    let mut ip_header = [0; 40];
    let ip_len = ip::emit(&mut ip_header, src, dst, protocol, len);
    let mut packet = Vec::with_capacity(ip_len + len);
    packet.extend_from_slice(&ip_header[..ip_len]);
    packet.extend_from_slice(&header);
    packet.extend_from_slice(data);
    packet
}
