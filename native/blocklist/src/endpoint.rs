//! Where apps look names up past the phone's resolver: plain HTTP at a known host and path, and resolvers that a system
//! adds by itself. These are no rules; they say where an answer with addresses may be read.

use std::net::{IpAddr, Ipv6Addr};

/// A server that tells apps addresses of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// `FILE/ID`.
    pub id: &'static str,
    /// What is spoken there.
    pub speech: Speech,
    /// Its names, in lower case.
    pub hosts: &'static [&'static str],
    /// Addresses that software has built in.
    pub addresses: &'static [IpAddr],
    /// Where it listens.
    pub ports: &'static [u16],
}

/// What an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// HTTP that anybody on the way can read; so begin the paths of its questions.
    Http(&'static str),
    /// The DNS itself.
    Dns,
}

include!(concat!(env!("OUT_DIR"), "/endpoints.rs"));

impl Endpoint {
    /// All that the built-in list knows.
    pub const fn all() -> &'static [Self] {
        ENDPOINTS
    }

    /// Whether a connection to this address and port reaches it.
    pub fn is_at(&self, address: IpAddr, port: u16) -> bool {
        let address = unmapped(address);
        self.ports.contains(&port) && self.addresses.contains(&address)
    }

    /// The endpoint that a plain HTTP request asks: by the name in its `Host` (without a port), or by the address that the
    /// connection goes to. The request target is a path, with or without a query.
    pub fn asked(host: Option<&str>, address: IpAddr, port: u16, target: &str) -> Option<&'static Self> {
        let host = host.map(|host| host.strip_suffix('.').unwrap_or(host));
        Self::all().iter().find(|endpoint| {
            let is_named = host.is_some_and(|host| {
                let mut hosts = endpoint.hosts.iter();
                hosts.any(|known| known.eq_ignore_ascii_case(host))
            });
            let Speech::Http(path) = endpoint.speech else {
                return false;
            };
            endpoint.ports.contains(&port)
                && (is_named || endpoint.is_at(address, port))
                && is_beneath(target, path)
        })
    }
}

/// Whether a request target is the path, or beneath it.
fn is_beneath(target: &str, path: &str) -> bool {
    target
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with(['/', '?']))
}

/// IPv4 that is written as IPv6 (RFC 4291, section 2.5.5.2) as IPv4.
fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => Ipv6Addr::to_canonical(&v6),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_request_is_known_by_its_host_and_path() {
        let asked = |host, target| Endpoint::asked(host, ELSEWHERE, 80, target).map(|found| found.id);
        let target = "/gslb/gslb/getbucket.asp?ver=3.0&type=wifi";
        assert_eq!(
            asked(Some("resolver.gslb.mi-idc.com"), target),
            Some("resolvers/gslb")
        );
        assert_eq!(
            asked(Some("Resolver.GSLB.mi-idc.com."), target),
            Some("resolvers/gslb")
        );
        assert_eq!(asked(Some("resolver.gslb.mi-idc.com"), "/index.html"), None);
        assert_eq!(asked(Some("resolver.gslb.mi-idc.com.example"), target), None);
        assert_eq!(asked(None, target), None);
    }

    #[test]
    fn a_request_to_a_built_in_address_is_known_without_a_name() {
        let address: IpAddr = "110.43.0.83".parse().unwrap();
        let mapped: IpAddr = "::ffff:110.43.0.83".parse().unwrap();
        for address in [address, mapped] {
            let found = Endpoint::asked(Some("110.43.0.83"), address, 80, "/gslb?tver=2&dm=ots.io.mi.com");
            assert_eq!(found.map(|found| found.id), Some("resolvers/home"), "{address}");
        }
        assert_eq!(Endpoint::asked(None, address, 80, "/gslbs"), None, "another path");
        assert_eq!(
            Endpoint::asked(None, address, 443, "/gslb?a"),
            None,
            "another port"
        );
    }

    #[test]
    fn each_is_somewhere_and_its_names_are_in_lower_case() {
        for endpoint in Endpoint::all() {
            assert!(!endpoint.ports.is_empty(), "{}", endpoint.id);
            assert!(
                !endpoint.hosts.is_empty() || !endpoint.addresses.is_empty(),
                "{}",
                endpoint.id
            );
            assert!(
                endpoint
                    .hosts
                    .iter()
                    .all(|host| **host == host.to_ascii_lowercase())
            );
            for address in endpoint.addresses {
                assert!(endpoint.ports.iter().all(|port| endpoint.is_at(*address, *port)));
            }
        }
    }

    #[test]
    fn the_resolvers_that_the_system_adds_are_known() {
        let added: IpAddr = "114.114.114.114".parse().unwrap();
        let found = Endpoint::all().iter().find(|endpoint| endpoint.is_at(added, 53));
        assert_eq!(found.map(|found| found.speech), Some(Speech::Dns));
        assert_eq!(
            Endpoint::asked(None, added, 53, "/"),
            None,
            "the DNS has no paths"
        );
    }
}
