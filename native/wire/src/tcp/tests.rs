use std::net::IpAddr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, TcpControl, TcpRepr};

use super::*;
use crate::ip::IpHeader;

const SYN_ACK: Options = Options {
    mss: Some(8_960),
    window_scale: Some(7),
    sack_permitted: true,
    sack: [None; 4],
};

fn ends() -> [(SocketAddr, SocketAddr); 2] {
    [
        ("192.0.2.7:443", "10.0.0.2:40000"),
        ("[2001:db8::7]:443", "[fd00::2]:40000"),
    ]
    .map(|(src, dst)| (src.parse().unwrap(), dst.parse().unwrap()))
}

fn address(ip: IpAddr) -> IpAddress {
    ip.into()
}

fn block(left: i32, right: i32) -> Option<(SeqNumber, SeqNumber)> {
    Some((SeqNumber(left), SeqNumber(right)))
}

fn segment(ends: (SocketAddr, SocketAddr), flags: Flags, options: &Options) -> Segment<'_> {
    let (src, dst) = ends;
    Segment {
        src,
        dst,
        seq: SeqNumber(-5),
        ack: SeqNumber(i32::MAX),
        flags,
        window: 0xfedc,
        options,
    }
}

/// The packet in one piece.
fn packet(segment: &Segment<'_>, body: &[&[u8]]) -> Vec<u8> {
    let mut header = [0; MAX_HEADER];
    let len = emit(&mut header, segment, body);
    [&header[..len], &body.concat()].concat()
}

#[test]
fn smoltcp_verifies_what_is_emitted() {
    let acks = Options {
        sack: [block(1, 2), block(-3, 4), block(5, 6), block(7, 8)],
        ..Options::default()
    };
    for ends in ends() {
        for options in [Options::default(), SYN_ACK, acks] {
            for body_len in 0..80 {
                let body: Vec<u8> = (0..body_len).map(|i| i ^ 0xa5).collect();
                let packet = packet(&segment(ends, Flags::ACK.with(Flags::PSH), &options), &[&body]);
                let ip = IpHeader::parse(&packet).unwrap();
                assert_eq!(
                    (ip.src, ip.dst, ip.protocol),
                    (ends.0.ip(), ends.1.ip(), Protocol::TCP)
                );
                let tcp = TcpPacket::new_checked(&packet[ip.payload]).unwrap();
                assert!(tcp.verify_checksum(&address(ip.src), &address(ip.dst)));
                assert_eq!(tcp.payload(), &body[..]);
            }
        }
    }
}

#[test]
fn smoltcp_reads_the_fields_of_a_syn_ack() {
    for ends in ends() {
        let packet = packet(&segment(ends, Flags::SYN.with(Flags::ACK), &SYN_ACK), &[]);
        let ip = IpHeader::parse(&packet).unwrap();
        let tcp = TcpPacket::new_checked(&packet[ip.payload]).unwrap();
        let repr = TcpRepr::parse(
            &tcp,
            &address(ip.src),
            &address(ip.dst),
            &ChecksumCapabilities::default(),
        )
        .unwrap();
        assert_eq!(repr.control, TcpControl::Syn);
        assert_eq!((repr.src_port, repr.dst_port), (443, 40000));
        assert_eq!(
            (repr.seq_number, repr.ack_number),
            (SeqNumber(-5), Some(SeqNumber(i32::MAX)))
        );
        assert_eq!((repr.window_len, repr.max_seg_size), (0xfedc, Some(8_960)));
        assert_eq!((repr.window_scale, repr.sack_permitted), (Some(7), true));
    }
}

#[test]
fn at_most_three_sack_blocks_are_emitted_aligned() {
    let options = Options {
        sack: [block(1, 2), block(-3, 4), block(5, 6), block(7, 8)],
        ..SYN_ACK
    };
    let packet = packet(&segment(ends()[0], Flags::ACK, &options), &[]);
    assert_eq!(packet.len(), 20 + 20 + 12 + 28);
    let tcp = TcpPacket::new_checked(&packet[20..]).unwrap();
    let three = [Some((1, 2)), Some((0xffff_fffd, 4)), Some((5, 6))];
    assert_eq!(tcp.selective_ack_ranges().unwrap(), three);
    let read = Options::parse(tcp.options());
    assert_eq!(
        read,
        Options {
            sack: [options.sack[0], options.sack[1], options.sack[2], None],
            ..SYN_ACK
        }
    );
}

#[test]
fn pieces_of_any_length_sum_like_one() {
    let body: Vec<u8> = (0..61).map(|i| i ^ 0xa5).collect();
    for ends in ends() {
        let segment = segment(ends, Flags::ACK, &SYN_ACK);
        let whole = packet(&segment, &[&body]);
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let pieces = [&body[..first], &body[first..second], &body[second..]];
                assert_eq!(packet(&segment, &pieces), whole);
            }
        }
    }
}

#[test]
fn what_smoltcp_emits_is_read() {
    let repr = TcpRepr {
        src_port: 40000,
        dst_port: 443,
        control: TcpControl::Syn,
        seq_number: SeqNumber(-1),
        ack_number: None,
        window_len: 65_535,
        window_scale: Some(8),
        max_seg_size: Some(1_460),
        sack_permitted: true,
        sack_ranges: [None; 3],
        timestamp: Some(smoltcp::wire::TcpTimestampRepr { tsval: 1, tsecr: 2 }),
        payload: b"early",
    };
    for (src, dst) in ends() {
        let mut bytes = vec![0; repr.buffer_len()];
        repr.emit(
            &mut TcpPacket::new_unchecked(&mut bytes),
            &address(src.ip()),
            &address(dst.ip()),
            &ChecksumCapabilities::default(),
        );
        let tcp = TcpHeader::parse(&bytes).unwrap();
        assert_eq!((tcp.src_port, tcp.dst_port, tcp.flags), (40000, 443, Flags::SYN));
        assert_eq!((tcp.seq, tcp.window), (SeqNumber(-1), 65_535));
        let options = Options::parse(&bytes[tcp.options]);
        let expected = Options {
            mss: Some(1_460),
            window_scale: Some(8),
            sack_permitted: true,
            ..Options::default()
        };
        assert_eq!(options, expected);
        assert_eq!(&bytes[tcp.payload], b"early");
    }
}

#[test]
fn options_are_read_up_to_the_first_malformed_one() {
    let mss = |rest: &[u8]| Options::parse(&[&[2, 4, 5, 0xb4], rest].concat());
    let only_mss = Options {
        mss: Some(1_460),
        ..Options::default()
    };
    assert_eq!(mss(&[]), only_mss);
    assert_eq!(mss(&[3]), only_mss, "no length");
    assert_eq!(mss(&[9, 0, 4, 2]), only_mss, "a length that would never end");
    assert_eq!(mss(&[9, 1, 4, 2]), only_mss);
    assert_eq!(mss(&[5, 10, 0, 0]), only_mss, "longer than what is there");
    assert_eq!(mss(&[0, 4, 2]), only_mss, "after the end");
    assert_eq!(mss(&[3, 3, 15]).window_scale, Some(14), "RFC 7323 section 2.3");
    assert!(
        mss(&[3, 4, 0, 0, 4, 2]).sack_permitted,
        "one of a wrong length is passed over"
    );
}

#[test]
fn four_sack_blocks_are_read() {
    let mut option = vec![5, 34];
    for word in 1_u32..=8 {
        option.extend(word.to_be_bytes());
    }
    assert_eq!(
        Options::parse(&option).sack,
        [block(1, 2), block(3, 4), block(5, 6), block(7, 8)]
    );
}

#[test]
fn a_header_cut_anywhere_is_malformed() {
    let packet = packet(&segment(ends()[0], Flags::SYN, &SYN_ACK), &[]);
    let segment = &packet[20..];
    assert!(TcpHeader::parse(segment).is_ok());
    for len in 0..segment.len() {
        assert!(TcpHeader::parse(&segment[..len]).is_err(), "{len} bytes");
    }
    for len in 0..=segment.len() - 20 {
        let _ = Options::parse(&segment[20..20 + len]);
    }
}

#[test]
fn a_flipped_byte_never_puts_the_payload_outside() {
    let options = Options {
        sack: [block(1, 2), block(3, 4), None, None],
        ..SYN_ACK
    };
    let packet = packet(&segment(ends()[0], Flags::ACK, &options), &[b"body"]);
    for at in 20..packet.len() {
        for flip in 1..=255 {
            let mut segment = packet[20..].to_vec();
            segment[at - 20] ^= flip;
            if let Ok(tcp) = TcpHeader::parse(&segment) {
                let _ = Options::parse(&segment[tcp.options]);
                assert!(segment.get(tcp.payload).is_some());
            }
        }
    }
}
