//! What can be wrong with an address or a network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::tables::{SHARED_NETWORKS, SPECIAL_NETWORKS};

/// The widest networks that a record may name: beyond, unrelated owners live.
const WIDEST: (u8, u8) = (16, 32);

/// What is wrong with an address or network, each with what to do.
pub(super) fn check(
    pattern: &str,
    (address, length): (IpAddr, u8),
    is_block: bool,
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if masked(address, length) != address {
        let network = masked(address, length);
        found.push((
            "form",
            format!("`{pattern}` has bits behind its length; write `{network}/{length}`"),
        ));
    }
    let met = |table: &[(&'static str, &'static str)]| {
        let mut networks = table
            .iter()
            .filter_map(|(text, whose)| Some((parse(text)?, *text, *whose)));
        networks
            .find(|(network, ..)| overlap(*network, (address, length)))
            .map(|(_, text, whose)| (text, whose))
    };
    if let Some((text, whose)) = met(&SPECIAL_NETWORKS) {
        let mend = format!("`{pattern}` is no address of a server ({whose}, {text}); leave it out");
        found.push(("internal", mend));
    } else if let Some((text, whose)) = met(&SHARED_NETWORKS).filter(|_| is_block) {
        let mend = format!(
            "`{pattern}` is shared infrastructure ({whose}, {text}): what is behind it changes; name the host"
        );
        found.push(("shared", mend));
    }
    let widest = if address.is_ipv4() { WIDEST.0 } else { WIDEST.1 };
    if length < widest {
        found.push((
            "shared",
            format!("`{pattern}` is too wide; name the networks that are meant, /{widest} at most"),
        ));
    }
    found
}

fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(u32::from(32 - length.min(32))).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX
                .checked_shl(u32::from(128 - length.min(128)))
                .unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

fn overlap(a: (IpAddr, u8), b: (IpAddr, u8)) -> bool {
    let shorter = a.1.min(b.1);
    a.0.is_ipv4() == b.0.is_ipv4() && masked(a.0, shorter) == masked(b.0, shorter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let (address, length) = parse(text).unwrap();
        let found = check(text, (address, length), true).into_iter();
        found.map(|(code, _)| code).collect()
    }

    #[test]
    fn an_address_of_a_server_is_sound() {
        for text in ["111.13.141.211/32", "203.107.1.0/24", "240c::6666/128"] {
            assert_eq!(codes(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn private_shared_wide_and_careless_networks_are_refused() {
        for text in [
            "10.1.2.3/32",
            "192.168.0.0/16",
            "100.64.1.1/32",
            "127.0.0.1/32",
            "fd00::1/128",
            "ff02::1/128",
            "224.0.0.1/32",
        ] {
            assert_eq!(codes(text), ["internal"], "{text}");
        }
        assert_eq!(codes("1.1.1.1/32"), ["shared"]);
        assert_eq!(codes("104.16.8.1/32"), ["shared"]);
        assert_eq!(codes("2606:4700::1111/128"), ["shared"]);
        assert_eq!(codes("111.0.0.0/8"), ["shared"]);
        assert_eq!(codes("111.13.141.211/24"), ["form"]);
    }

    #[test]
    fn each_network_of_the_tables_is_one_and_in_its_form() {
        for (text, _) in SPECIAL_NETWORKS.into_iter().chain(SHARED_NETWORKS) {
            let (address, length) = parse(text).unwrap();
            assert_eq!(masked(address, length), address, "{text}");
        }
    }

    #[test]
    fn a_shared_address_may_be_kept_free() {
        let (address, length) = parse("1.1.1.1/32").unwrap();
        assert_eq!(check("1.1.1.1", (address, length), false), []);
    }
}
