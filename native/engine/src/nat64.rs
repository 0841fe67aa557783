//! IPv4 addresses inside IPv6 ones (RFC 6052).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The prefix that every network may use (RFC 6052 section 2.1), and its length.
const WELL_KNOWN: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// The IPv4 address that a flow to `ip` reaches: the one inside it under the network's own NAT64 prefix, under the well-known
/// one, or as `::ffff:0:0/96` (RFC 4291 section 2.5.5.2). Any other is itself.
pub(crate) fn unwrap(ip: IpAddr, prefix: Option<(Ipv6Addr, u8)>) -> IpAddr {
    let IpAddr::V6(v6) = ip else {
        return ip;
    };
    let mut prefixes = prefix.into_iter().chain([WELL_KNOWN]);
    let inner = prefixes.find_map(|(prefix, len)| embedded(v6, prefix, len));
    inner.map_or_else(|| ip.to_canonical(), IpAddr::V4)
}

/// RFC 6052 section 2.2: the four bytes follow the prefix and step over byte 8.
fn embedded(ip: Ipv6Addr, prefix: Ipv6Addr, len: u8) -> Option<Ipv4Addr> {
    if !matches!(len, 32 | 40 | 48 | 56 | 64 | 96) {
        return None;
    }
    let mask = u128::MAX << (128 - u32::from(len));
    if u128::from(ip) & mask != u128::from(prefix) & mask {
        return None;
    }
    let octets = ip.octets();
    let mut v4 = [0; 4];
    let mut at = usize::from(len / 8);
    for byte in &mut v4 {
        if at == 8 {
            at += 1;
        }
        *byte = *octets.get(at)?;
        at += 1;
    }
    Some(v4.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_6052_unwrap_to_the_same_address() {
        let v4: IpAddr = "192.0.2.33".parse().unwrap();
        for (prefix, len, ip) in [
            ("2001:db8::", 32, "2001:db8:c000:221::"),
            ("2001:db8:100::", 40, "2001:db8:1c0:2:21::"),
            ("2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33"),
            ("2001:db8:122:344::", 96, "64:ff9b::192.0.2.33"),
            ("2001:db8:122:344::", 96, "::ffff:192.0.2.33"),
        ] {
            assert_eq!(
                unwrap(ip.parse().unwrap(), Some((prefix.parse().unwrap(), len))),
                v4,
                "{len}"
            );
        }
    }

    #[test]
    fn other_addresses_stay_what_they_are() {
        let prefix = Some(("2001:db8:122:344::".parse().unwrap(), 96));
        for ip in ["192.0.2.33", "2001:db8::1", "::1", "64:ff9b:1::192.0.2.33"] {
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!(unwrap(ip, prefix), ip);
            assert_eq!(unwrap(ip, None), ip);
        }
    }
}
