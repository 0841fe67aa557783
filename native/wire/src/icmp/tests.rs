use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    Icmpv4DstUnreachable, Icmpv4Packet, Icmpv4Repr, Icmpv6DstUnreachable, Icmpv6Packet, Icmpv6ParamProblem,
    Icmpv6Repr, Ipv4Packet,
};

use super::*;
use crate::udp;

fn ends() -> [(IpAddr, IpAddr); 2] {
    [("10.0.0.2", "192.0.2.7"), ("fd00::2", "2001:db8::7")]
        .map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()))
}

fn datagram(src: IpAddr, dst: IpAddr, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; udp::MAX_HEADER];
    let len = udp::emit(&mut header, (src, 40000).into(), (dst, 9).into(), payload);
    [&header[..len], payload].concat()
}

fn echo_request(src: IpAddr, dst: IpAddr, payload: &[u8]) -> Vec<u8> {
    emit_echo_request(src, dst, 0x1234, 9, payload)
}

fn parse_v4(packet: &[u8]) -> Icmpv4Repr<'_> {
    let ip = Ipv4Packet::new_checked(packet).unwrap();
    assert!(ip.verify_checksum());
    let icmp = Icmpv4Packet::new_checked(ip.payload()).unwrap();
    Icmpv4Repr::parse(&icmp, &ChecksumCapabilities::default()).unwrap()
}

fn parse_v6(packet: &[u8]) -> Icmpv6Repr<'_> {
    let ip = smoltcp::wire::Ipv6Packet::new_checked(packet).unwrap();
    let icmp = Icmpv6Packet::new_checked(ip.payload()).unwrap();
    Icmpv6Repr::parse(
        &ip.src_addr(),
        &ip.dst_addr(),
        &icmp,
        &ChecksumCapabilities::default(),
    )
    .unwrap()
}

#[test]
fn an_echo_request_is_read() {
    for (src, dst) in ends() {
        let packet = echo_request(src, dst, b"data");
        let ip = IpHeader::parse(&packet).unwrap();
        let message = &packet[ip.payload.clone()];
        let echo = EchoRequest::parse(&ip, message).unwrap().unwrap();
        assert_eq!(
            (echo.ident, echo.seq, &message[echo.payload]),
            (0x1234, 9, &b"data"[..])
        );
        for len in 0..HEADER {
            assert_eq!(
                EchoRequest::parse(&ip, &message[..len]),
                Err(Malformed::Truncated)
            );
        }
    }
}

#[test]
fn other_messages_are_no_echo_request() {
    for (src, dst) in ends() {
        let reply = emit_echo_reply(src, dst, 1, 2, b"data");
        let ip = IpHeader::parse(&reply).unwrap();
        assert_eq!(EchoRequest::parse(&ip, &reply[ip.payload.clone()]), Ok(None));
        let datagram = datagram(src, dst, b"data");
        let ip = IpHeader::parse(&datagram).unwrap();
        assert_eq!(EchoRequest::parse(&ip, &datagram[ip.payload.clone()]), Ok(None));
    }
}

#[test]
fn a_flipped_byte_of_an_echo_never_panics() {
    for (src, dst) in ends() {
        let packet = echo_request(src, dst, b"data");
        let ip = IpHeader::parse(&packet).unwrap();
        for at in ip.payload.clone() {
            for flip in 1..=255 {
                let mut packet = packet.clone();
                packet[at] ^= flip;
                let message = &packet[ip.payload.clone()];
                if let Ok(Some(echo)) = EchoRequest::parse(&ip, message) {
                    assert!(message.get(echo.payload).is_some());
                }
            }
        }
    }
}

#[test]
fn smoltcp_reads_the_echo_reply() {
    let [(a4, b4), (a6, b6)] = ends();
    for data in [&b"odd"[..], b"even", b""] {
        let packet = emit_echo_reply(b4, a4, 7, 8, data);
        assert_eq!(
            parse_v4(&packet),
            Icmpv4Repr::EchoReply {
                ident: 7,
                seq_no: 8,
                data
            }
        );
        let packet = emit_echo_reply(b6, a6, 7, 8, data);
        assert_eq!(
            parse_v6(&packet),
            Icmpv6Repr::EchoReply {
                ident: 7,
                seq_no: 8,
                data
            }
        );
    }
}

#[test]
fn smoltcp_reads_each_ipv4_cause() {
    let (src, dst) = ends()[0];
    let causes = [
        (Unreachable::Net, Icmpv4DstUnreachable::NetUnreachable),
        (Unreachable::Host, Icmpv4DstUnreachable::HostUnreachable),
        (Unreachable::Protocol, Icmpv4DstUnreachable::ProtoUnreachable),
        (Unreachable::Port, Icmpv4DstUnreachable::PortUnreachable),
        (Unreachable::Prohibited, Icmpv4DstUnreachable::CommProhibited),
        (Unreachable::TooBig(1_400), Icmpv4DstUnreachable::FragRequired),
    ];
    let packet = datagram(src, dst, b"payload");
    for (cause, expected) in causes {
        let error = emit_unreachable(dst, cause, &packet).unwrap();
        let Icmpv4Repr::DstUnreachable { reason, header, data } = parse_v4(&error) else {
            panic!("{cause:?}")
        };
        assert_eq!(reason, expected);
        assert_eq!(
            (IpAddr::from(header.src_addr), IpAddr::from(header.dst_addr)),
            (src, dst)
        );
        assert_eq!(data, &packet[20..]);
        let mtu = if let Unreachable::TooBig(mtu) = cause {
            mtu
        } else {
            0
        };
        assert_eq!(error[26..28], mtu.to_be_bytes());
    }
}

#[test]
fn smoltcp_reads_each_ipv6_cause() {
    let (src, dst) = ends()[1];
    let causes = [
        (Unreachable::Net, Icmpv6DstUnreachable::NoRoute),
        (Unreachable::Host, Icmpv6DstUnreachable::AddrUnreachable),
        (Unreachable::Port, Icmpv6DstUnreachable::PortUnreachable),
        (Unreachable::Prohibited, Icmpv6DstUnreachable::AdminProhibit),
    ];
    let packet = datagram(src, dst, b"payload");
    for (cause, expected) in causes {
        let error = emit_unreachable(dst, cause, &packet).unwrap();
        let Icmpv6Repr::DstUnreachable { reason, header, data } = parse_v6(&error) else {
            panic!("{cause:?}")
        };
        assert_eq!(reason, expected);
        assert_eq!(
            (IpAddr::from(header.src_addr), IpAddr::from(header.dst_addr)),
            (src, dst)
        );
        assert_eq!(data, &packet[40..]);
    }
    let error = emit_unreachable(dst, Unreachable::TooBig(1_400), &packet).unwrap();
    assert!(matches!(
        parse_v6(&error),
        Icmpv6Repr::PktTooBig { mtu: 1_400, .. }
    ));
    let error = emit_unreachable(dst, Unreachable::Protocol, &packet).unwrap();
    let Icmpv6Repr::ParamProblem { reason, pointer, .. } = parse_v6(&error) else {
        panic!()
    };
    assert_eq!((reason, pointer), (Icmpv6ParamProblem::UnrecognizedNxtHdr, 6));
}

#[test]
fn the_parameter_problem_points_at_the_last_next_header() {
    let (src, dst) = ends()[1];
    let mut header = [0; 40];
    ip::emit(&mut header, src, dst, Protocol(0), 16);
    // Hop-by-hop options, then SCTP.
    let packet = [&header[..], &[132, 0, 1, 4, 0, 0, 0, 0], &[0; 8]].concat();
    let error = emit_unreachable(dst, Unreachable::Protocol, &packet).unwrap();
    assert_eq!(error[44..48], 40_u32.to_be_bytes());
}

#[test]
fn a_long_packet_is_quoted_as_far_as_the_rfc_asks() {
    let [(a4, b4), (a6, b6)] = ends();
    let error = emit_unreachable(b4, Unreachable::Port, &datagram(a4, b4, &[7; 3_000])).unwrap();
    assert_eq!(error.len(), 576);
    assert_eq!(error[28..], datagram(a4, b4, &[7; 3_000])[..548]);
    let error = emit_unreachable(b6, Unreachable::Port, &datagram(a6, b6, &[7; 3_000])).unwrap();
    assert_eq!(error.len(), 1_280);
    assert_eq!(error[48..], datagram(a6, b6, &[7; 3_000])[..1_232]);
}

#[test]
fn no_error_is_told_about_an_error() {
    let [(a4, b4), (a6, b6)] = ends();
    for (src, dst) in [(a4, b4), (a6, b6)] {
        let error = emit_unreachable(src, Unreachable::Port, &datagram(dst, src, b"")).unwrap();
        assert_eq!(emit_unreachable(dst, Unreachable::Host, &error), None);
        assert!(emit_unreachable(dst, Unreachable::Host, &echo_request(src, dst, b"")).is_some());
    }
}

#[test]
fn no_error_is_told_about_a_later_fragment() {
    let (src, dst) = ends()[0];
    let mut packet = datagram(src, dst, &[0; 64]);
    packet[6..8].copy_from_slice(&[0x20, 0]);
    assert!(
        emit_unreachable(dst, Unreachable::Port, &packet).is_some(),
        "the first one is answered"
    );
    packet[6..8].copy_from_slice(&[0, 1]);
    assert_eq!(emit_unreachable(dst, Unreachable::Port, &packet), None);
}

#[test]
fn no_error_is_told_to_or_about_what_is_not_one_host() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let [(a4, b4), (a6, b6)] = ends();
    for source in [
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "127.0.0.1",
        "240.0.0.1",
    ] {
        assert_eq!(
            emit_unreachable(b4, Unreachable::Port, &datagram(ip(source), b4, b"")),
            None,
            "{source}"
        );
    }
    for source in ["ff02::1", "::", "::1"] {
        assert_eq!(
            emit_unreachable(b6, Unreachable::Port, &datagram(ip(source), b6, b"")),
            None,
            "{source}"
        );
    }
    for group in ["224.0.0.251", "255.255.255.255"] {
        assert_eq!(
            emit_unreachable(b4, Unreachable::Port, &datagram(a4, ip(group), b"")),
            None,
            "{group}"
        );
    }
    let group = datagram(a6, ip("ff0e::1"), b"");
    assert_eq!(emit_unreachable(b6, Unreachable::Port, &group), None);
    assert!(
        emit_unreachable(b6, Unreachable::TooBig(1_280), &group).is_some(),
        "RFC 4443 section 2.4 (e.3)"
    );
}

#[test]
fn damaged_packets_are_quoted_or_not_but_never_panic() {
    for (src, dst) in ends() {
        let packet = datagram(src, dst, b"payload");
        for len in 0..packet.len() {
            assert_eq!(emit_unreachable(dst, Unreachable::Protocol, &packet[..len]), None);
        }
        for at in 0..packet.len() {
            for flip in 1..=255 {
                let mut packet = packet.clone();
                packet[at] ^= flip;
                let _ = emit_unreachable(dst, Unreachable::Protocol, &packet);
            }
        }
    }
}
