use std::net::IpAddr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, UdpRepr};

use super::*;
use crate::ip::IpHeader;

fn ends() -> [(SocketAddr, SocketAddr); 2] {
    [
        ("10.0.0.2:40000", "192.0.2.7:443"),
        ("[fd00::2]:40000", "[2001:db8::7]:443"),
    ]
    .map(|(src, dst)| (src.parse().unwrap(), dst.parse().unwrap()))
}

fn address(ip: IpAddr) -> IpAddress {
    ip.into()
}

#[test]
fn smoltcp_verifies_what_is_emitted() {
    for (src, dst) in ends() {
        for len in 0..70_u8 {
            let payload: Vec<u8> = (0..len).map(|i| i ^ 0xa5).collect();
            let mut header = [0; MAX_HEADER];
            let header_len = emit(&mut header, src, dst, &payload);
            let packet = [&header[..header_len], &payload].concat();
            let ip = IpHeader::parse(&packet).unwrap();
            assert_eq!((ip.src, ip.dst, ip.protocol), (src.ip(), dst.ip(), Protocol::UDP));
            let udp = UdpPacket::new_checked(&packet[ip.payload]).unwrap();
            assert!(udp.verify_checksum(&address(ip.src), &address(ip.dst)));
            assert_ne!(udp.checksum(), 0);
            assert_eq!(
                (udp.src_port(), udp.dst_port(), udp.payload()),
                (40000, 443, &payload[..])
            );
        }
    }
}

#[test]
fn a_sum_of_zero_is_sent_as_all_ones() {
    for (src, dst) in ends() {
        let mut header = [0; MAX_HEADER];
        let len = emit(&mut header, src, dst, &[0, 0]);
        let sum = [header[len - 2], header[len - 1]];
        // The sum itself as payload makes the sum zero.
        let len = emit(&mut header, src, dst, &sum);
        assert_eq!(header[len - 2..len], [0xff, 0xff]);
    }
}

#[test]
fn what_smoltcp_emits_is_read() {
    for (src, dst) in ends() {
        let mut datagram = vec![0; 8 + 5];
        UdpRepr {
            src_port: 1,
            dst_port: 65_535,
        }
        .emit(
            &mut UdpPacket::new_unchecked(&mut datagram),
            &address(src.ip()),
            &address(dst.ip()),
            5,
            |payload| payload.copy_from_slice(b"hello"),
            &ChecksumCapabilities::default(),
        );
        let udp = UdpHeader::parse(&datagram).unwrap();
        assert_eq!(
            (udp.src_port, udp.dst_port, &datagram[udp.payload]),
            (1, 65_535, &b"hello"[..])
        );
    }
}

#[test]
fn bytes_beyond_the_udp_length_are_left_out() {
    let udp = UdpHeader::parse(&[0, 1, 0, 2, 0, 10, 0, 0, 1, 2, 3, 4]).unwrap();
    assert_eq!(udp.payload, 8..10);
    assert_eq!(
        UdpHeader::parse(&[0, 1, 0, 2, 0, 7, 0, 0]),
        Err(Malformed::Length)
    );
    assert_eq!(
        UdpHeader::parse(&[0, 1, 0, 2, 0, 9, 0, 0]),
        Err(Malformed::Length)
    );
}

#[test]
fn a_datagram_cut_anywhere_is_malformed() {
    let datagram = [0, 1, 0, 2, 0, 12, 0, 0, 1, 2, 3, 4];
    for len in 0..datagram.len() {
        assert!(UdpHeader::parse(&datagram[..len]).is_err());
    }
}

#[test]
fn a_flipped_byte_never_puts_the_payload_outside() {
    let datagram = [0, 1, 0, 2, 0, 12, 0, 0, 1, 2, 3, 4];
    for at in 0..datagram.len() {
        for flip in 1..=255 {
            let mut datagram = datagram;
            datagram[at] ^= flip;
            if let Ok(udp) = UdpHeader::parse(&datagram) {
                assert!(datagram.get(udp.payload).is_some());
            }
        }
    }
}
