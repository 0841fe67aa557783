//! The network of the moment.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use engine::Upstream;

use super::Kind;
use super::reader::{DecodeError, Reader};
use crate::settings::{Network, PrivateDns};

/// Where resolvers listen.
const DNS_PORT: u16 = 53;

/// The path MTU of a network that does not say.
const USUAL_MTU: u16 = 1500;

/// Reads `Network`.
pub fn parse_network(bytes: &[u8]) -> Result<Network, DecodeError> {
    Reader::read(bytes, Kind::Network, |reader| {
        let handle = reader.u64()?;
        let ipv4 = reader.bool("ipv4")?;
        let ipv6 = reader.bool("ipv6")?;
        let resolvers = reader.list(read_resolver)?;
        let nat64_prefix = reader.option("nat64", read_prefix)?;
        let mtu = reader.u16()?;
        Ok(Network {
            handle,
            upstream: Upstream {
                ipv4,
                ipv6,
                resolvers,
                nat64_prefix,
                mtu: if mtu == 0 { USUAL_MTU } else { mtu },
            },
            metered: reader.bool("metered")?,
            private_dns: reader.choice(
                "privateDns",
                &[PrivateDns::Off, PrivateDns::Automatic, PrivateDns::Strict],
            )?,
            private_dns_host: reader.option("privateDnsHost", Reader::text)?,
        })
    })
}

/// The scope is the interface's number, without which a link-local address means nothing.
fn read_resolver(reader: &mut Reader<'_>) -> Result<SocketAddr, DecodeError> {
    let (ip, scope) = (reader.address()?, reader.u32()?);
    Ok(match ip {
        IpAddr::V4(_) => SocketAddr::new(ip, DNS_PORT),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, DNS_PORT, 0, scope).into(),
    })
}

/// RFC 6052 section 2.2 has the lengths.
fn read_prefix(reader: &mut Reader<'_>) -> Result<(Ipv6Addr, u8), DecodeError> {
    let IpAddr::V6(address) = reader.address()? else {
        return Err(DecodeError::Value("nat64"));
    };
    match reader.u8()? {
        length @ (32 | 40 | 48 | 56 | 64 | 96) => Ok((address, length)),
        _ => Err(DecodeError::Value("nat64's length")),
    }
}
