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
    if !is_unicast(ip.dst) || !is_unicast(ip.src) {
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

/// Multicast and broadcast stay outside by the routes; what comes all the same is dropped.
fn is_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_multicast() || ip.is_broadcast() || ip.is_unspecified()),
        IpAddr::V6(ip) => !(ip.is_multicast() || ip.is_unspecified()),
    }
}
