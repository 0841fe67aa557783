//! Packets that say more than is there: a recorder kept only their beginning, or a length was damaged. What is there is
//! read all the same, since somebody said it; live, such packets are dropped.

use std::borrow::Cow;
use std::ops::Range;

use wire::ip::IpHeader;
use wire::udp::{self, UdpHeader};

/// Where the header of IPv4 says how long the packet is (RFC 791 section 3.1).
const V4_LENGTH: Range<usize> = 2..4;
/// Where the header of IPv6 says how long its payload is (RFC 8200 section 3).
const V6_LENGTH: Range<usize> = 4..6;
/// Length of the header of IPv6.
const V6_HEADER: usize = 40;

/// The packet with the length that it has, if it says a larger one and is whole otherwise.
pub(super) fn fitted(packet: &[u8]) -> Option<(IpHeader, Cow<'_, [u8]>)> {
    let (field, len) = match packet.first()? >> 4 {
        4 => (V4_LENGTH, packet.len()),
        6 => (V6_LENGTH, packet.len().checked_sub(V6_HEADER)?),
        _ => return None,
    };
    let len = u16::try_from(len).ok()?;
    let said: [u8; 2] = packet.get(field.clone())?.try_into().ok()?;
    if u16::from_be_bytes(said) <= len {
        return None;
    }
    let mut fitted = packet.to_vec();
    fitted.get_mut(field)?.copy_from_slice(&len.to_be_bytes());
    let header = IpHeader::parse(&fitted).ok()?;
    // A fragment cut short would close a gap with what is not its own.
    header.fragment.is_none().then_some((header, fitted.into()))
}

/// The header of a datagram that says more than is there.
pub(super) fn fitted_udp(datagram: &[u8]) -> Option<UdpHeader> {
    let &[s0, s1, d0, d1, l0, l1, _, _] = datagram.first_chunk()?;
    let is_cut_off = usize::from(u16::from_be_bytes([l0, l1])) > datagram.len();
    is_cut_off.then_some(UdpHeader {
        src_port: u16::from_be_bytes([s0, s1]),
        dst_port: u16::from_be_bytes([d0, d1]),
        payload: udp::HEADER..datagram.len(),
    })
}
