//! ICMP and ICMPv6 (RFC 792, RFC 4443): echo, and the errors that a gateway tells.

use std::net::IpAddr;
use std::ops::Range;

use crate::Malformed;
use crate::ip::IpHeader;

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
        let _ = (ip, message);
        unimplemented!()
    }
}

/// Emits a whole echo-reply packet.
pub fn emit_echo_reply(src: IpAddr, dst: IpAddr, ident: u16, seq: u16, payload: &[u8]) -> Vec<u8> {
    let _ = (src, dst, ident, seq, payload);
    unimplemented!()
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

/// Emits a whole ICMP error packet to the sender of `packet`, quoting it as far as the RFC asks.
///
/// `from` is the address that speaks: the packet's destination, or a gateway of ours for `TooBig`.
pub fn emit_unreachable(from: IpAddr, cause: Unreachable, packet: &[u8]) -> Option<Vec<u8>> {
    let _ = (from, cause, packet);
    unimplemented!()
}
