//! Rules on addresses: IPv4 and IPv6, single or with a prefix length, with or without a port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::image;

/// IPv4 inside IPv6 (RFC 4291, section 2.5.5.2): `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff_0000_0000;
/// The well-known NAT64 prefix (RFC 6052, section 2.1): `64:ff9b::/96`.
const NAT64: u128 = 0x0064_ff9b << 96;
/// Bits of an IPv6 address that the two prefixes above leave to the IPv4 address.
const IPV4_BITS: u8 = 32;

/// An address or network of a rule. IPv4 is kept as `::ffff:a.b.c.d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// Length of the prefix, 0 to 128. First, so that the order of networks is from wide to narrow.
    prefix: u8,
    /// The address with all bits behind the prefix zero.
    bits: u128,
    /// The port; 0 for any.
    port: u16,
}

impl Network {
    /// Reads `1.2.3.4`, `1.2.3.0/24`, `2001:db8::/32`, each also with a port: `1.2.3.4:443`, `[2001:db8::1]:443`.
    /// `None` where the text is no address at all.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        let colons = text.bytes().filter(|&byte| byte == b':').count();
        // Most lines of a list are names.
        if colons == 0 && !text.starts_with(|first: char| first.is_ascii_digit() || first == '[') {
            return None;
        }
        let (net, port) = if let Some(rest) = text.strip_prefix('[') {
            let (net, after) = rest.split_once(']')?;
            (
                net,
                after
                    .strip_prefix(':')
                    .or(if after.is_empty() { None } else { Some(after) }),
            )
        } else if colons == 1 {
            text.split_once(':').map(|(net, port)| (net, Some(port)))?
        } else {
            (text, None)
        };
        let (addr, length) = match net.split_once('/') {
            Some((addr, length)) => (addr, Some(length)),
            None => (net, None),
        };
        let addr: IpAddr = addr.parse().ok()?;
        Some(Self::from_parts(text, addr, length, port))
    }

    fn from_parts(
        text: &str,
        addr: IpAddr,
        length: Option<&str>,
        port: Option<&str>,
    ) -> Result<Self, String> {
        let most = if addr.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(length) => match length.parse::<u8>() {
                Ok(length) if length <= most => length,
                _ => return Err(format!("`{text}`: a prefix length is a number from 0 to {most}")),
            },
        };
        if length == 0 {
            return Err(format!(
                "`{text}` means every address; name the networks that you mean"
            ));
        }
        let port = match port.map(str::parse::<u16>) {
            None => 0,
            Some(Ok(port)) if port != 0 => port,
            Some(_) => return Err(format!("`{text}`: a port is a number from 1 to 65535")),
        };
        let prefix = if addr.is_ipv4() {
            128 - IPV4_BITS + length
        } else {
            length
        };
        let bits = to_bits(addr);
        if bits & !mask(prefix) != 0 {
            let net = show(bits & mask(prefix), addr.is_ipv4());
            return Err(format!(
                "`{text}` has bits set behind its prefix; write `{net}/{length}`"
            ));
        }
        Ok(Self { prefix, bits, port })
    }

    /// Address, prefix length and port, 0 for any port.
    pub fn parts(&self) -> (IpAddr, u8, u16) {
        let ipv4 = self.prefix >= 128 - IPV4_BITS && self.bits & mask(128 - IPV4_BITS) == MAPPED;
        let length = if ipv4 {
            self.prefix - (128 - IPV4_BITS)
        } else {
            self.prefix
        };
        (show(self.bits, ipv4), length, self.port)
    }
}

impl From<Network> for image::Network {
    fn from(Network { prefix, bits, port }: Network) -> Self {
        Self { prefix, bits, port }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (addr, length, port) = self.parts();
        let most = if addr.is_ipv4() { IPV4_BITS } else { 128 };
        match (addr.is_ipv4(), port, length == most) {
            (_, 0, true) => write!(f, "{addr}"),
            (_, 0, false) => write!(f, "{addr}/{length}"),
            (true, port, true) => write!(f, "{addr}:{port}"),
            (true, port, false) => write!(f, "{addr}/{length}:{port}"),
            (false, port, true) => write!(f, "[{addr}]:{port}"),
            (false, port, false) => write!(f, "[{addr}/{length}]:{port}"),
        }
    }
}

fn to_bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(v4) => MAPPED | u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn show(bits: u128, ipv4: bool) -> IpAddr {
    let v6 = Ipv6Addr::from_bits(bits);
    if ipv4 {
        v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
    } else {
        IpAddr::V6(v6)
    }
}

const fn mask(prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        1..=127 => !(u128::MAX >> prefix),
        _ => u128::MAX,
    }
}

/// Visits each rule that meets the address, from wide to narrow; a rule with a port after one without. `prefixes` are the
/// lengths that occur (bit n for n + 1), `networks` gives the networks of one length with these bits.
pub(crate) fn visit<I: Iterator<Item = (image::Network, u32)>>(
    prefixes: u128,
    networks: impl Fn(u8, u128) -> I,
    ip: IpAddr,
    port: u16,
    visit: &mut dyn FnMut(u32),
) {
    let bits = to_bits(ip);
    // RFC 6052: the IPv4 address inside is what the flow reaches.
    let inner = match ip {
        IpAddr::V6(_) if bits & mask(96) == NAT64 => {
            let inner = Ipv4Addr::from_bits((bits & u128::from(u32::MAX)) as u32);
            Some(to_bits(IpAddr::V4(inner)))
        }
        _ => None,
    };
    let mut left = prefixes;
    while left != 0 {
        let prefix = left.trailing_zeros() as u8 + 1;
        left &= left - 1;
        for bits in std::iter::once(bits).chain(inner) {
            for (network, rule) in networks(prefix, bits & mask(prefix)) {
                if network.port == 0 || network.port == port {
                    visit(rule);
                }
            }
        }
    }
}
