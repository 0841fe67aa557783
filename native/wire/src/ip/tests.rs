use smoltcp::wire::{IpProtocol, Ipv4Repr, Ipv6Repr};

use super::*;

const A4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const B4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const A6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2));
const B6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));

fn packet(src: IpAddr, dst: IpAddr, protocol: Protocol, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; 40];
    let len = emit(&mut header, src, dst, protocol, payload.len());
    [&header[..len], payload].concat()
}

/// An IPv6 packet whose header is followed by `extensions`, the first of type `first`.
fn extended(first: u8, extensions: &[u8], payload: &[u8]) -> Vec<u8> {
    packet(A6, B6, Protocol(first), &[extensions, payload].concat())
}

/// One of each kind, to be damaged.
fn samples() -> Vec<Vec<u8>> {
    let mut options = packet(A4, B4, Protocol::UDP, b"....payload");
    options[0] = 0x46;
    vec![
        packet(A4, B4, Protocol::TCP, b"payload"),
        options,
        packet(A6, B6, Protocol::UDP, b"payload"),
        extended(HOP_BY_HOP, &chain(), b"payload"),
        extended(FRAGMENT, &[17, 0, 0x05, 0xa9, 1, 2, 3, 4], b"a piece."),
    ]
}

/// Hop-by-hop, 16 bytes of destination options, routing, 24 bytes of AH, an atomic fragment, then UDP.
fn chain() -> Vec<u8> {
    let mut bytes = vec![DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0];
    bytes.extend([ROUTING, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([AUTHENTICATION, 0, 253, 0, 0, 0, 0, 0]);
    bytes.extend([FRAGMENT, 4].into_iter().chain([0; 22]));
    bytes.extend([17, 0, 0, 0, 0, 0, 0, 9]);
    bytes
}

#[test]
fn smoltcp_reads_what_is_emitted() {
    let bytes = packet(A4, B4, Protocol::TCP, b"payload");
    let ip = Ipv4Packet::new_checked(&bytes[..]).unwrap();
    assert!(ip.verify_checksum());
    assert!(ip.dont_frag());
    assert_eq!(
        (IpAddr::from(ip.src_addr()), IpAddr::from(ip.dst_addr())),
        (A4, B4)
    );
    assert_eq!(
        (ip.next_header(), ip.payload()),
        (IpProtocol::Tcp, &b"payload"[..])
    );

    let bytes = packet(A6, B6, Protocol::UDP, b"payload");
    let ip = Ipv6Packet::new_checked(&bytes[..]).unwrap();
    assert_eq!(
        (IpAddr::from(ip.src_addr()), IpAddr::from(ip.dst_addr())),
        (A6, B6)
    );
    assert_eq!(
        (ip.version(), ip.next_header(), ip.payload()),
        (6, IpProtocol::Udp, &b"payload"[..])
    );
}

#[test]
fn what_smoltcp_emits_is_read() {
    let mut bytes = vec![0; 27];
    let repr = Ipv4Repr {
        src_addr: Ipv4Addr::new(10, 0, 0, 2),
        dst_addr: Ipv4Addr::new(192, 0, 2, 7),
        next_header: IpProtocol::Udp,
        payload_len: 7,
        hop_limit: 9,
    };
    repr.emit(
        &mut Ipv4Packet::new_unchecked(&mut bytes),
        &smoltcp::phy::ChecksumCapabilities::default(),
    );
    let ip = IpHeader::parse(&bytes).unwrap();
    assert_eq!(
        (ip.src, ip.dst, ip.protocol, ip.hop_limit),
        (A4, B4, Protocol::UDP, 9)
    );
    assert_eq!((ip.fragment, ip.payload, ip.dont_fragment), (None, 20..27, true));

    let mut bytes = vec![0; 47];
    let repr = Ipv6Repr {
        src_addr: Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2),
        dst_addr: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7),
        next_header: IpProtocol::Tcp,
        payload_len: 7,
        hop_limit: 9,
    };
    repr.emit(&mut Ipv6Packet::new_unchecked(&mut bytes));
    let ip = IpHeader::parse(&bytes).unwrap();
    assert_eq!(
        (ip.src, ip.dst, ip.protocol, ip.hop_limit),
        (A6, B6, Protocol::TCP, 9)
    );
    assert_eq!((ip.fragment, ip.payload, ip.dont_fragment), (None, 40..47, true));
}

#[test]
fn ipv4_options_are_skipped() {
    let mut bytes = packet(A4, B4, Protocol::UDP, b"\x94\x04\0\0payload");
    bytes[0] = 0x46;
    assert_eq!(IpHeader::parse(&bytes).unwrap().payload, 24..31);
}

#[test]
fn ipv4_fragments_are_told_from_whole_datagrams() {
    let mut bytes = packet(A4, B4, Protocol::UDP, b"a piece.");
    bytes[4..8].copy_from_slice(&[0xab, 0xcd, 0x20, 0xb9]);
    let ip = IpHeader::parse(&bytes).unwrap();
    assert_eq!(
        ip.fragment,
        Some(Fragment {
            id: 0xabcd,
            offset: 0xb9 * 8,
            more: true
        })
    );
    assert!(!ip.dont_fragment);
}

#[test]
fn ipv6_extension_headers_are_skipped() {
    let bytes = extended(HOP_BY_HOP, &chain(), b"payload");
    let ip = IpHeader::parse(&bytes).unwrap();
    assert_eq!(
        (ip.protocol, ip.fragment),
        (Protocol::UDP, None),
        "an atomic fragment is a whole datagram"
    );
    assert_eq!(&bytes[ip.payload], b"payload");
}

#[test]
fn ipv6_fragments_end_the_walk() {
    let bytes = extended(
        FRAGMENT,
        &[DESTINATION_OPTIONS, 0, 0x05, 0xa9, 1, 2, 3, 4],
        b"a piece.",
    );
    let ip = IpHeader::parse(&bytes).unwrap();
    assert_eq!(
        ip.fragment,
        Some(Fragment {
            id: 0x0102_0304,
            offset: 0x05a8,
            more: true
        })
    );
    assert_eq!((ip.protocol.0, ip.payload), (DESTINATION_OPTIONS, 48..56));
}

#[test]
fn bytes_beyond_the_ip_length_are_left_out() {
    for (src, dst) in [(A4, B4), (A6, B6)] {
        let mut bytes = packet(src, dst, Protocol::UDP, b"payload");
        bytes.extend(b"trailer");
        let ip = IpHeader::parse(&bytes).unwrap();
        assert_eq!(&bytes[ip.payload], b"payload");
    }
}

#[test]
fn lengths_that_contradict_the_bytes_are_malformed() {
    let mut short_header = packet(A4, B4, Protocol::UDP, b"payload");
    short_header[0] = 0x44;
    assert_eq!(IpHeader::parse(&short_header), Err(Malformed::Length));
    let mut total_below_header = packet(A4, B4, Protocol::UDP, b"payload");
    total_below_header[3] = 19;
    assert_eq!(IpHeader::parse(&total_below_header), Err(Malformed::Length));
    let beyond = extended(HOP_BY_HOP, &[17, 200, 0, 0, 0, 0, 0, 0], b"payload");
    assert_eq!(IpHeader::parse(&beyond), Err(Malformed::Length));
    assert_eq!(IpHeader::parse(&[0x50; 40]), Err(Malformed::Version));
    assert_eq!(IpHeader::parse(&[]), Err(Malformed::Truncated));
}

#[test]
fn a_packet_cut_anywhere_is_malformed() {
    for bytes in samples() {
        assert!(IpHeader::parse(&bytes).is_ok());
        for len in 0..bytes.len() {
            assert!(
                IpHeader::parse(&bytes[..len]).is_err(),
                "{len} of {} bytes",
                bytes.len()
            );
        }
    }
}

#[test]
fn a_flipped_byte_never_puts_the_payload_outside() {
    for bytes in samples() {
        for at in 0..bytes.len() {
            for flip in 1..=255 {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                if let Ok(ip) = IpHeader::parse(&bytes) {
                    assert!(bytes.get(ip.payload).is_some());
                }
            }
        }
    }
}
