//! The addresses of the internet: documentation prefixes, all in one namespace.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::Result;

use crate::namespace::Namespace;
use crate::output::run;

/// Addresses of each kind that the internet's namespace has: 1 to this.
const COUNT: u8 = 60;

/// An address of an ordinary site (RFC 5737, TEST-NET-2).
pub const fn ordinary_v4(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, host)
}

/// An address of an ordinary site (RFC 3849).
pub const fn ordinary_v6(host: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, host as u16)
}

/// An address of the vendor (RFC 5737, TEST-NET-3).
pub const fn vendor_v4(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, host)
}

/// An address of the vendor (RFC 3849).
pub const fn vendor_v6(host: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, host as u16)
}

/// Gives the namespace all of them at once, in one run of `ip`.
pub(crate) fn assign(namespace: &Namespace) -> Result<()> {
    let mut script = String::new();
    for host in 1..=COUNT {
        for address in [ordinary_v4(host), vendor_v4(host)] {
            script.push_str(&format!("addr add {address}/32 dev lo\n"));
        }
        for address in [ordinary_v6(host), vendor_v6(host)] {
            script.push_str(&format!("addr add {address}/128 dev lo nodad\n"));
        }
    }
    let feed = r#"printf %s "$0" | ip -batch -"#;
    run(namespace.bare_command("sh").args(["-c", feed, &script])).map(drop)
}
