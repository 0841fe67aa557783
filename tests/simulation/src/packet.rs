//! Packets by hand: a reading and a writing of headers that shares no code with the crates under test.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// No more data from the sender.
pub const FIN: u8 = 0x01;
/// Synchronise sequence numbers.
pub const SYN: u8 = 0x02;
/// Reset the connection.
pub const RST: u8 = 0x04;
/// Push.
pub const PSH: u8 = 0x08;
/// The acknowledgement field is significant.
pub const ACK: u8 = 0x10;

/// A TCP segment with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// From.
    pub src: SocketAddr,
    /// To.
    pub dst: SocketAddr,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Control bits.
    pub flags: u8,
    /// The window field, unscaled.
    pub window: u16,
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Window shift.
    pub scale: Option<u8>,
    /// SACK permitted.
    pub sack_permitted: bool,
    /// SACK blocks, as sent.
    pub sack: Vec<(u32, u32)>,
    /// Kinds of the other options.
    pub other_options: Vec<u8>,
    /// Data.
    pub payload: Vec<u8>,
}

impl Segment {
    /// A bare segment.
    pub fn new(src: SocketAddr, dst: SocketAddr, flags: u8, seq: u32, ack: u32) -> Self {
        Self {
            src,
            dst,
            seq,
            ack,
            flags,
            window: 0xffff,
            mss: None,
            scale: None,
            sack_permitted: false,
            sack: Vec::new(),
            other_options: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// Whether all of `flags` are set.
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Sequence numbers that it takes: bytes, SYN and FIN.
    pub fn span(&self) -> u32 {
        self.payload.len() as u32 + u32::from(self.has(SYN)) + u32::from(self.has(FIN))
    }

    fn read(src: IpAddr, dst: IpAddr, bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < 20 {
            return Err("short TCP header".into());
        }
        if transport_sum(src, dst, 6, bytes) != 0 {
            return Err("wrong TCP checksum".into());
        }
        let offset = usize::from(bytes[12] >> 4) * 4;
        let head = bytes.get(20..offset).ok_or("TCP data offset")?;
        let mut segment = Self::new(
            SocketAddr::new(src, be16(bytes, 0)),
            SocketAddr::new(dst, be16(bytes, 2)),
            bytes[13],
            be32(bytes, 4),
            be32(bytes, 8),
        );
        segment.window = be16(bytes, 14);
        segment.payload = bytes[offset..].to_vec();
        let mut rest = head;
        while let [kind, tail @ ..] = rest {
            match kind {
                0 => break,
                1 => rest = tail,
                _ => {
                    let len = usize::from(*tail.first().ok_or("TCP option length")?);
                    let body = rest.get(2..len).ok_or("TCP option length")?;
                    match (kind, body.len()) {
                        (2, 2) => segment.mss = Some(be16(body, 0)),
                        (3, 1) => segment.scale = Some(body[0]),
                        (4, 0) => segment.sack_permitted = true,
                        (5, _) => {
                            segment.sack = body.chunks_exact(8).map(|b| (be32(b, 0), be32(b, 4))).collect();
                        }
                        _ => segment.other_options.push(*kind),
                    }
                    rest = &rest[len..];
                }
            }
        }
        Ok(segment)
    }

    /// The whole IP packet.
    pub fn emit(&self) -> Vec<u8> {
        let mut options = Vec::new();
        if let Some(mss) = self.mss {
            options.extend([2, 4]);
            options.extend(mss.to_be_bytes());
        }
        if let Some(scale) = self.scale {
            options.extend([1, 3, 3, scale]);
        }
        if self.sack_permitted {
            options.extend([1, 1, 4, 2]);
        }
        if !self.sack.is_empty() {
            options.extend([1, 1, 5, 2 + 8 * self.sack.len() as u8]);
            for (from, to) in &self.sack {
                options.extend(from.to_be_bytes());
                options.extend(to.to_be_bytes());
            }
        }
        let mut bytes = Vec::with_capacity(20 + options.len() + self.payload.len());
        bytes.extend(self.src.port().to_be_bytes());
        bytes.extend(self.dst.port().to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.ack.to_be_bytes());
        bytes.extend([((20 + options.len()) as u8 / 4) << 4, self.flags]);
        bytes.extend(self.window.to_be_bytes());
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(&options);
        bytes.extend(&self.payload);
        let sum = transport_sum(self.src.ip(), self.dst.ip(), 6, &bytes);
        bytes[16..18].copy_from_slice(&sum.to_be_bytes());
        ip_packet(self.src.ip(), self.dst.ip(), 6, &bytes)
    }
}

/// A UDP datagram with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// From.
    pub src: SocketAddr,
    /// To.
    pub dst: SocketAddr,
    /// Data.
    pub payload: Vec<u8>,
}

impl Datagram {
    fn read(src: IpAddr, dst: IpAddr, bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < 8 || usize::from(be16(bytes, 4)) != bytes.len() {
            return Err("UDP length".into());
        }
        let unsummed = be16(bytes, 6) == 0 && src.is_ipv4();
        if !unsummed && transport_sum(src, dst, 17, bytes) != 0 {
            return Err("wrong UDP checksum".into());
        }
        let (src, dst) = (
            SocketAddr::new(src, be16(bytes, 0)),
            SocketAddr::new(dst, be16(bytes, 2)),
        );
        Ok(Self {
            src,
            dst,
            payload: bytes[8..].to_vec(),
        })
    }

    /// The whole IP packet.
    pub fn emit(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.payload.len());
        bytes.extend(self.src.port().to_be_bytes());
        bytes.extend(self.dst.port().to_be_bytes());
        bytes.extend((8 + self.payload.len() as u16).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(&self.payload);
        let sum = match transport_sum(self.src.ip(), self.dst.ip(), 17, &bytes) {
            0 => 0xffff,
            sum => sum,
        };
        bytes[6..8].copy_from_slice(&sum.to_be_bytes());
        ip_packet(self.src.ip(), self.dst.ip(), 17, &bytes)
    }
}

/// An ICMP or ICMPv6 message with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icmp {
    /// From.
    pub src: IpAddr,
    /// To.
    pub dst: IpAddr,
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The second word: identifier and sequence number, or MTU.
    pub word: u32,
    /// What follows.
    pub payload: Vec<u8>,
}

impl Icmp {
    /// An echo request, of either family.
    pub fn echo_request(src: IpAddr, dst: IpAddr, ident: u16, seq: u16, payload: &[u8]) -> Self {
        let kind = if src.is_ipv4() { 8 } else { 128 };
        let word = u32::from(ident) << 16 | u32::from(seq);
        Self {
            src,
            dst,
            kind,
            code: 0,
            word,
            payload: payload.to_vec(),
        }
    }

    fn read(src: IpAddr, dst: IpAddr, protocol: u8, bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < 8 {
            return Err("short ICMP header".into());
        }
        let sum = if protocol == 58 {
            transport_sum(src, dst, 58, bytes)
        } else {
            fold(add(0, bytes))
        };
        if sum != 0 {
            return Err("wrong ICMP checksum".into());
        }
        let payload = bytes[8..].to_vec();
        Ok(Self {
            src,
            dst,
            kind: bytes[0],
            code: bytes[1],
            word: be32(bytes, 4),
            payload,
        })
    }

    /// The whole IP packet.
    pub fn emit(&self) -> Vec<u8> {
        let mut bytes = vec![self.kind, self.code, 0, 0];
        bytes.extend(self.word.to_be_bytes());
        bytes.extend(&self.payload);
        let (protocol, sum) = if self.src.is_ipv4() {
            (1, fold(add(0, &bytes)))
        } else {
            (58, transport_sum(self.src, self.dst, 58, &bytes))
        };
        bytes[2..4].copy_from_slice(&sum.to_be_bytes());
        ip_packet(self.src, self.dst, protocol, &bytes)
    }
}

/// What an IP packet carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// TCP.
    Tcp(Segment),
    /// UDP.
    Udp(Datagram),
    /// ICMP of either family.
    Icmp(Icmp),
}

impl Packet {
    /// Reads a whole packet without options, extension headers or fragments, and verifies every checksum.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (src, dst, protocol, body): (IpAddr, IpAddr, u8, &[u8]) = match bytes.first().map(|b| b >> 4) {
            Some(4) if bytes.len() >= 20 => {
                if bytes[0] != 0x45 || fold(add(0, &bytes[..20])) != 0 {
                    return Err("IPv4 header".into());
                }
                if usize::from(be16(bytes, 2)) != bytes.len() || be16(bytes, 6) & 0x3fff != 0 {
                    return Err("IPv4 length or fragment".into());
                }
                let ip = |at: usize| IpAddr::from([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
                (ip(12), ip(16), bytes[9], &bytes[20..])
            }
            Some(6) if bytes.len() >= 40 => {
                if usize::from(be16(bytes, 4)) + 40 != bytes.len() {
                    return Err("IPv6 length".into());
                }
                let ip = |at: usize| {
                    let mut octets = [0; 16];
                    octets.copy_from_slice(&bytes[at..at + 16]);
                    IpAddr::from(octets)
                };
                (ip(8), ip(24), bytes[6], &bytes[40..])
            }
            _ => return Err("IP version".into()),
        };
        match protocol {
            6 => Segment::read(src, dst, body).map(Self::Tcp),
            17 => Datagram::read(src, dst, body).map(Self::Udp),
            1 | 58 => Icmp::read(src, dst, protocol, body).map(Self::Icmp),
            other => Err(format!("protocol {other}")),
        }
    }
}

/// Puts an IP header in front of `body`.
pub fn ip_packet(src: IpAddr, dst: IpAddr, protocol: u8, body: &[u8]) -> Vec<u8> {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => ipv4_packet(src, dst, protocol, 0, 0x4000, body),
        (IpAddr::V6(src), IpAddr::V6(dst)) => ipv6_packet(src, dst, protocol, body),
        _ => panic!("addresses of two families"),
    }
}

/// An IPv4 packet with a given identification and fragment word (flags and offset / 8).
pub fn ipv4_packet(
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    id: u16,
    fragment: u16,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend((20 + body.len() as u16).to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0]);
    bytes.extend(src.octets());
    bytes.extend(dst.octets());
    let sum = fold(add(0, &bytes));
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    bytes.extend(body);
    bytes
}

/// An IPv6 packet; `next` is the next header's number.
pub fn ipv6_packet(src: Ipv6Addr, dst: Ipv6Addr, next: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend([next, 64]);
    bytes.extend(src.octets());
    bytes.extend(dst.octets());
    bytes.extend(body);
    bytes
}

/// The Internet checksum of an upper-layer message with its pseudo-header; 0 if the message holds a right one.
pub fn transport_sum(src: IpAddr, dst: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let sum = match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => add(add(0, &src.octets()), &dst.octets()),
        (IpAddr::V6(src), IpAddr::V6(dst)) => add(add(0, &src.octets()), &dst.octets()),
        _ => 0,
    };
    fold(add(sum + u64::from(protocol) + bytes.len() as u64, bytes))
}

fn add(mut sum: u64, bytes: &[u8]) -> u64 {
    let (pairs, last) = bytes.as_chunks::<2>();
    for pair in pairs {
        sum += u64::from(u16::from_be_bytes(*pair));
    }
    sum + last.first().map_or(0, |byte| u64::from(*byte) << 8)
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
