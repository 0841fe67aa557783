//! Which packets are an app's own words.
//!
//! "A covered app was seen" is said of a packet only if the system does not send its like by itself. The kernel speaks into
//! a TUN as it comes up (router solicitations, duplicate address detection, multicast reports), and Android asks the
//! resolvers that a session announces whether they speak DNS over TLS.

use std::net::IpAddr;

use engine::Batch;
use wire::ip::{IpHeader, Protocol};

/// DNS over TLS (RFC 7858 section 3.1), and over QUIC (RFC 9250 section 4.1.1).
const ENCRYPTED_DNS: [u8; 2] = 853_u16.to_be_bytes();

/// Whether an app is behind one of these packets.
pub(crate) fn speak(batch: &Batch, own_resolvers: &[IpAddr]) -> bool {
    let mut packets = batch.packets().iter().map(|slice| batch.bytes(*slice));
    packets.any(|packet| is_apps(packet, own_resolvers))
}

fn is_apps(packet: &[u8], own_resolvers: &[IpAddr]) -> bool {
    let Ok(ip) = IpHeader::parse(packet) else {
        return false;
    };
    if !matches!(ip.protocol, Protocol::TCP | Protocol::UDP) {
        return false;
    }
    if [ip.src, ip.dst].into_iter().any(is_local) {
        return false;
    }
    let to_port = packet
        .get(ip.payload.clone())
        .and_then(|payload| payload.get(2..4));
    !(own_resolvers.contains(&ip.dst) && to_port == Some(ENCRYPTED_DNS.as_slice()))
}

/// Whether the address means nothing beyond the link.
const fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_multicast() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn udp(src: &str, dst: &str) -> Vec<u8> {
        let mut header = [0; wire::udp::MAX_HEADER];
        let (src, dst): (SocketAddr, SocketAddr) = (src.parse().unwrap(), dst.parse().unwrap());
        let len = wire::udp::emit(&mut header, src, dst, b"hi");
        [&header[..len], b"hi"].concat()
    }

    fn is_apps_word(packet: &[u8]) -> bool {
        let mut batch = Batch::new(1500);
        assert!(batch.push(packet));
        speak(&batch, &["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()])
    }

    #[test]
    fn question_and_datagram_of_an_app_are_its_words() {
        assert!(is_apps_word(&udp("10.0.0.2:4000", "10.0.0.1:53")));
        assert!(is_apps_word(&udp("10.0.0.2:4000", "192.0.2.1:443")));
        assert!(is_apps_word(&udp("[fd00::2]:4000", "[2001:db8::1]:443")));
        assert!(
            is_apps_word(&udp("10.0.0.2:4000", "192.0.2.1:853")),
            "an app's own encrypted questions"
        );
    }

    #[test]
    fn what_the_system_sends_by_itself_is_no_apps_word() {
        let solicitation = [
            &[0x60, 0, 0, 0, 0, 8, 58, 255][..],
            &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
            &[133, 0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        assert!(!is_apps_word(&solicitation), "router solicitation");
        for (src, dst) in [
            ("10.0.0.2:4000", "10.0.0.1:853"),
            ("[fd00::2]:4000", "[fd00::1]:853"),
            ("10.0.0.2:5353", "224.0.0.251:5353"),
            ("[fe80::1]:546", "[ff02::1:2]:547"),
            ("0.0.0.0:68", "255.255.255.255:67"),
        ] {
            assert!(!is_apps_word(&udp(src, dst)), "{dst}");
        }
        assert!(!is_apps_word(&[]));
        assert!(!is_apps_word(&[0x45; 9]));
    }
}
