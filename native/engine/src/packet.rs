//! A packet from the TUN: what it is, and who takes it.

use std::net::{IpAddr, SocketAddr};

use wire::ip::{IpHeader, Protocol};

use crate::{Discard, Slice};

/// One IP packet whose header is known to be sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) ip: &'a IpHeader,
    pub(crate) bytes: &'a [u8],
    /// The same bytes in the batch; `None` if the packet was reassembled.
    pub(crate) slice: Option<Slice>,
}

impl<'a> Packet<'a> {
    /// The bytes behind the IP header.
    pub(crate) fn payload(&self) -> &'a [u8] {
        self.bytes.get(self.ip.payload.clone()).unwrap_or_default()
    }

    /// Where the bytes behind the IP header lie in the batch.
    pub(crate) fn payload_slice(&self) -> Option<Slice> {
        self.slice
            .map(|slice| slice.part(self.ip.payload.start, self.ip.payload.len()))
    }

    pub(crate) fn app(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip.src, port)
    }

    pub(crate) fn remote(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip.dst, port)
    }
}

/// Who takes a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Fragment,
    Tcp,
    Udp,
    Icmp,
    Discard(Discard),
}

/// Sorts a packet by its IP header alone.
pub(crate) fn classify(ip: &IpHeader) -> Class {
    if !is_routed(ip.dst) || !is_routed(ip.src) {
        return Class::Discard(Discard::Address);
    }
    if ip.fragment.is_some() {
        return Class::Fragment;
    }
    match ip.protocol {
        Protocol::TCP => Class::Tcp,
        Protocol::UDP => Class::Udp,
        Protocol::ICMP if ip.dst.is_ipv4() => Class::Icmp,
        Protocol::ICMPV6 if ip.dst.is_ipv6() => Class::Icmp,
        _ => Class::Discard(Discard::Protocol),
    }
}

/// Whether a packet from or to this address may be on a wire beyond the next router (RFC 6890): the sockets that would
/// carry it are the machine's own, and reach its loopback and its neighbours. Multicast and link-local addresses stay
/// outside by the routes; what comes all the same is dropped.
fn is_routed(ip: IpAddr) -> bool {
    // An IPv4-mapped address is dialled as the IPv4 address that it holds.
    match ip.to_canonical() {
        // 0/8, 127/8, 169.254/16; 224/4 and 240/4 with the broadcast address.
        IpAddr::V4(ip) => !matches!(ip.octets(), [0 | 127 | 224.., ..] | [169, 254, ..]),
        IpAddr::V6(ip) => {
            !(ip.is_multicast() || ip.is_unspecified() || ip.is_loopback() || ip.is_unicast_link_local())
        }
    }
}
