//! Which addresses, routes and rules bring this machine's traffic into the device.
//!
//! The rules stand well before the main table's (32766), in this order:
//!
//! | preference | traffic | goes |
//! |---|---|---|
//! | 18500 | Hushwall's own sockets, by their mark | past our rules, so that nothing loops |
//! | 18501, 18502 | link-local, multicast, broadcast | past our rules |
//! | 18503, 18504 | port 53, UDP and TCP, to any address, resolvers in the local network included | in |
//! | 18505 | port 853 of the system's resolvers, where Hushwall refuses it | in |
//! | 18506 | what the main table knows a route for that is not its default route: the local network | by that route |
//! | 18507 | all the rest | in |
//! | 18510 | | the other rules of the machine go on here |
//!
//! At depth `dns` the rules 18506 and 18507 are left out. If Hushwall is killed, its device and with it the only
//! route of its table go, and the rules meet nothing until the next start takes them back.

use std::net::{IpAddr, Ipv4Addr};

use super::step::{Family, Object, Step};
use crate::run::args::Depth;

/// The routing table, and the mark of own sockets: "HW".
const TABLE: u32 = 0x4857;
/// The mark that keeps Hushwall's own sockets out of the device.
pub(crate) const MARK: u32 = 0x4857;
/// Where the machine's other rules go on.
const PAST: &str = "18510";

/// The device's own end, private to this machine (RFC 1918, RFC 4193: "HUSHW" as the global id).
///
/// The IPv6 address is deprecated from the start, so that the machine's own global address stays the source where
/// there is one (RFC 6724 section 5, rule 3). With a local source, programs would prefer IPv4 (section 6, rule 5).
const OWN: [(Family, &str); 2] = [
    (Family::V4, "10.87.72.1/30"),
    (Family::V6, "fd48:5553:4857::1/126 nodad preferred_lft 0"),
];
/// The far end: the resolver that is announced to systemd-resolved. Nothing listens there: any port 53 is Hushwall.
pub(crate) const ANNOUNCED: Ipv4Addr = Ipv4Addr::new(10, 87, 72, 2);

/// Never routed in: RFC 3927, RFC 5771, RFC 919; RFC 4291 sections 2.5.6 and 2.7.
const OUTSIDE: [(Family, &str); 5] = [
    (Family::V4, "pref 18501 to 169.254.0.0/16"),
    (Family::V4, "pref 18502 to 224.0.0.0/4"),
    (Family::V4, "pref 18502 to 255.255.255.255/32"),
    (Family::V6, "pref 18501 to fe80::/10"),
    (Family::V6, "pref 18502 to ff00::/8"),
];

/// The steps, in the order in which they are made: own sockets have their way out before anything is caught.
pub(crate) fn plan(device: &str, families: &[Family], depth: Depth, resolvers: &[IpAddr]) -> Vec<Step> {
    let mut steps = Vec::new();
    for &family in families {
        for (_, address) in OWN.iter().filter(|(of, _)| *of == family) {
            steps.push(Step::new(
                family,
                Object::Address,
                device_address(address, device),
            ));
        }
        steps.push(Step::new(
            family,
            Object::Route,
            format!("default dev {device} table {TABLE}"),
        ));
        let mut rule = |words: String| steps.push(Step::new(family, Object::Rule, words));
        rule(format!("pref {PAST} nop"));
        rule(format!("pref 18500 fwmark {MARK:#x} goto {PAST}"));
        for (_, to) in OUTSIDE.iter().filter(|(of, _)| *of == family) {
            rule(format!("{to} goto {PAST}"));
        }
        rule(format!("pref 18503 ipproto udp dport 53 lookup {TABLE}"));
        rule(format!("pref 18504 ipproto tcp dport 53 lookup {TABLE}"));
        for resolver in resolvers
            .iter()
            .filter(|address| address.is_ipv4() == (family == Family::V4))
        {
            rule(format!(
                "pref 18505 to {resolver} ipproto tcp dport 853 lookup {TABLE}"
            ));
        }
        if depth == Depth::Full {
            rule("pref 18506 lookup main suppress_prefixlength 0".to_owned());
            rule(format!("pref 18507 lookup {TABLE}"));
        }
    }
    steps
}

/// Flags stand behind the device for `ip`.
fn device_address(address: &str, device: &str) -> String {
    match address.split_once(' ') {
        Some((address, flags)) => format!("{address} dev {device} {flags}"),
        None => format!("{address} dev {device}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(families: &[Family], depth: Depth, resolvers: &[&str]) -> Vec<String> {
        let resolvers: Vec<IpAddr> = resolvers.iter().map(|address| address.parse().unwrap()).collect();
        plan("t", families, depth, &resolvers)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn full_depth_catches_all_but_the_local_network() {
        assert_eq!(
            lines(&[Family::V4], Depth::Full, &["192.168.1.1", "2620:fe::fe"]),
            [
                "-4 address 10.87.72.1/30 dev t",
                "-4 route default dev t table 18519",
                "-4 rule pref 18510 nop",
                "-4 rule pref 18500 fwmark 0x4857 goto 18510",
                "-4 rule pref 18501 to 169.254.0.0/16 goto 18510",
                "-4 rule pref 18502 to 224.0.0.0/4 goto 18510",
                "-4 rule pref 18502 to 255.255.255.255/32 goto 18510",
                "-4 rule pref 18503 ipproto udp dport 53 lookup 18519",
                "-4 rule pref 18504 ipproto tcp dport 53 lookup 18519",
                "-4 rule pref 18505 to 192.168.1.1 ipproto tcp dport 853 lookup 18519",
                "-4 rule pref 18506 lookup main suppress_prefixlength 0",
                "-4 rule pref 18507 lookup 18519",
            ]
        );
    }

    #[test]
    fn dns_depth_catches_nothing_but_questions() {
        let lines = lines(&Family::BOTH, Depth::Dns, &[]);
        let caught: Vec<_> = lines
            .iter()
            .filter(|line| line.contains(" rule ") && line.contains("lookup"))
            .collect();
        assert_eq!(caught.len(), 4, "{lines:?}");
        assert!(caught.iter().all(|line| line.contains("dport 53 ")));
    }

    #[test]
    fn own_sockets_have_their_way_out_before_anything_is_caught() {
        for depth in [Depth::Dns, Depth::Full] {
            let lines = lines(&[Family::V6], depth, &["2620:fe::fe"]);
            let exempt = lines.iter().position(|line| line.contains("fwmark")).unwrap();
            let caught = lines
                .iter()
                .position(|line| line.contains("rule") && line.contains("lookup"))
                .unwrap();
            assert!(exempt < caught);
        }
    }

    #[test]
    fn every_step_survives_the_state_file() {
        for step in plan(
            "hushwall0",
            &Family::BOTH,
            Depth::Full,
            &["9.9.9.9".parse().unwrap()],
        ) {
            assert_eq!(step.to_string().parse::<Step>().unwrap(), step);
        }
    }
}
