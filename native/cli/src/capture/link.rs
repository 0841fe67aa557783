//! From a frame to the IP packet in it, by link type (tcpdump.org/linktypes.html).

/// A link type, as captures number it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkType(pub(super) u16);

impl LinkType {
    /// BSD loopback: the address family in the writer's byte order.
    const NULL: Self = Self(0);
    /// Ethernet.
    const ETHERNET: Self = Self(1);
    /// Raw IP, as some systems number it.
    const RAW_12: Self = Self(12);
    /// Raw IP, as OpenBSD numbers it.
    const RAW_14: Self = Self(14);
    /// Raw IP.
    const RAW: Self = Self(101);
    /// OpenBSD loopback: the address family in network byte order.
    const LOOP: Self = Self(108);
    /// Linux cooked, version 1.
    const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    const IPV4: Self = Self(228);
    /// Raw IPv6.
    const IPV6: Self = Self(229);
    /// Linux cooked, version 2.
    const LINUX_SLL2: Self = Self(276);

    /// The IP packet in a frame of this type.
    pub(super) fn ip(self, frame: &[u8]) -> Option<&[u8]> {
        match self {
            Self::RAW | Self::RAW_12 | Self::RAW_14 | Self::IPV4 | Self::IPV6 => Some(frame),
            // The version says what the family does, whose numbers differ from system to system.
            Self::NULL | Self::LOOP => frame.get(4..).filter(|packet| is_ip(packet)),
            Self::ETHERNET => behind_type(frame.get(12..)?),
            Self::LINUX_SLL => behind_type(frame.get(14..)?),
            Self::LINUX_SLL2 => {
                let (kind, rest) = (frame.first_chunk()?, frame.get(20..)?);
                by_type(u16::from_be_bytes(*kind), rest)
            }
            _ => None,
        }
    }
}

/// IPv4 (IEEE EtherType numbers).
const IPV4: u16 = 0x0800;
/// IPv6.
const IPV6: u16 = 0x86dd;
/// VLAN tags: 802.1Q, 802.1ad, and one from before it.
const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// PPP over Ethernet, session stage (RFC 2516).
const PPPOE: u16 = 0x8864;
/// The largest length in place of a type (IEEE 802.3).
const MAX_LENGTH: u16 = 1500;
/// LLC and SNAP in front of a type (RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// The packet behind the two bytes of an EtherType.
fn behind_type(bytes: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = bytes.split_first_chunk()?;
    by_type(u16::from_be_bytes(*kind), rest)
}

fn by_type(kind: u16, rest: &[u8]) -> Option<&[u8]> {
    let (mut kind, mut rest) = (kind, rest);
    // Each step takes bytes away, so the walk ends.
    loop {
        let skip = match kind {
            IPV4 | IPV6 => return Some(rest),
            _ if VLAN.contains(&kind) => 2,
            0..=MAX_LENGTH if rest.starts_with(&SNAP) => SNAP.len(),
            PPPOE => {
                // RFC 1661 section 2, RFC 5072: IPv4 is protocol 0x0021, IPv6 is 0x0057.
                let (protocol, packet) = (rest.get(6..8)?, rest.get(8..)?);
                return matches!(protocol, [0x00, 0x21 | 0x57]).then_some(packet);
            }
            _ => return None,
        };
        let (next, behind) = rest.get(skip..)?.split_first_chunk()?;
        (kind, rest) = (u16::from_be_bytes(*next), behind);
    }
}

fn is_ip(packet: &[u8]) -> bool {
    packet.first().is_some_and(|byte| matches!(byte >> 4, 4 | 6))
}
