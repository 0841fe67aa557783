use super::*;

fn ends() -> [(IpAddr, IpAddr); 2] {
    [("10.0.0.2", "192.0.2.7"), ("fd00::2", "2001:db8::7")]
        .map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i * 31) >> 3) as u8).collect()
}

/// One fragment as a packet.
fn fragment(ends: (IpAddr, IpAddr), id: u16, offset: usize, more: bool, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = ends;
    let mut header = [0; 40];
    let [high, low] = id.to_be_bytes();
    let field = offset as u16;
    if src.is_ipv4() {
        let len = ip::emit(&mut header, src, dst, Protocol::UDP, payload.len());
        header[4..6].copy_from_slice(&[high, low]);
        header[6..8].copy_from_slice(&((field >> 3) | u16::from(more) << 13).to_be_bytes());
        return [&header[..len], payload].concat();
    }
    ip::emit(&mut header, src, dst, Protocol(44), 8 + payload.len());
    let [a, b] = (field | u16::from(more)).to_be_bytes();
    [&header[..], &[17, 0, a, b, 0, 0, high, low], payload].concat()
}

/// Cuts a payload into fragments of `size` bytes.
fn cut(ends: (IpAddr, IpAddr), id: u16, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let pieces = payload.chunks(size).enumerate();
    pieces
        .map(|(i, piece)| fragment(ends, id, i * size, i * size + piece.len() < payload.len(), piece))
        .collect()
}

fn add(reassembly: &mut Reassembly, packet: &[u8], now: Timestamp) -> Option<Vec<u8>> {
    let header = IpHeader::parse(packet).unwrap();
    reassembly.handle_fragment(&header, packet, now)
}

/// What is reassembled out of these packets.
fn whole(packets: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut reassembly = Reassembly::default();
    packets
        .iter()
        .filter_map(|packet| add(&mut reassembly, packet, at(0)))
        .next_back()
}

#[test]
fn fragments_in_any_order_make_the_packet() {
    for ends in ends() {
        let payload = payload(1_000);
        let mut pieces = cut(ends, 7, &payload, 256);
        for turn in 0..pieces.len() {
            pieces.rotate_left(turn);
            for packets in [pieces.clone(), pieces.iter().rev().cloned().collect()] {
                let packet = whole(&packets).unwrap();
                let header = IpHeader::parse(&packet).unwrap();
                assert_eq!(
                    (header.src, header.dst, header.protocol),
                    (ends.0, ends.1, Protocol::UDP)
                );
                assert_eq!((header.fragment, header.dont_fragment), (None, ends.0.is_ipv6()));
                assert_eq!(packet[header.payload], payload);
                if ends.0.is_ipv4() {
                    assert_eq!(Checksum::default().add(&packet[..20]).finish(), 0);
                }
            }
        }
    }
}

#[test]
fn the_longest_datagram_is_reassembled() {
    for (ends, len) in ends().into_iter().zip([65_515, 65_535]) {
        let packet = whole(&cut(ends, 7, &payload(len), 1_480)).unwrap();
        assert_eq!(IpHeader::parse(&packet).unwrap().payload.len(), len);
    }
}

#[test]
fn a_missing_fragment_makes_nothing() {
    for ends in ends() {
        let pieces = cut(ends, 7, &payload(1_000), 256);
        for missing in 0..pieces.len() {
            let mut pieces = pieces.clone();
            pieces.remove(missing);
            assert_eq!(whole(&pieces), None);
        }
    }
}

#[test]
fn datagrams_are_kept_apart() {
    for ends in ends() {
        let (a, b) = (payload(64), vec![9; 64]);
        let (a_pieces, b_pieces) = (cut(ends, 1, &a, 32), cut(ends, 2, &b, 32));
        let mut reassembly = Reassembly::default();
        let mut made = Vec::new();
        for packet in [&a_pieces[0], &b_pieces[0], &b_pieces[1], &a_pieces[1]] {
            made.extend(add(&mut reassembly, packet, at(0)));
        }
        assert_eq!(made.len(), 2);
        assert!(made[0].ends_with(&b) && made[1].ends_with(&a));
        assert_eq!((reassembly.bytes, reassembly.poll_timeout()), (0, None));
    }
}

#[test]
fn an_overlap_discards_the_datagram_and_what_follows() {
    for ends in ends() {
        let data = payload(64);
        for (offset, len, more) in [(8, 16, true), (0, 16, true), (16, 24, true), (24, 16, true)] {
            let mut reassembly = Reassembly::default();
            assert_eq!(
                add(
                    &mut reassembly,
                    &fragment(ends, 7, 16, true, &data[16..32]),
                    at(0)
                ),
                None
            );
            let overlap = fragment(ends, 7, offset, more, &vec![0xee; len]);
            let overlaps = offset < 32 && offset + len > 16;
            assert_eq!(add(&mut reassembly, &overlap, at(0)), None);
            assert_eq!(reassembly.take_discarded(), if overlaps { 2 } else { 0 });
            if !overlaps {
                continue;
            }
            for packet in cut(ends, 7, &data, 16) {
                assert_eq!(add(&mut reassembly, &packet, at(1)), None);
            }
            assert_eq!(reassembly.take_discarded(), 4);
            let whole = cut(ends, 7, &data, 32)
                .iter()
                .filter_map(|p| add(&mut reassembly, p, at(40)))
                .count();
            assert_eq!(whole, 1, "after its time the identification is free again");
        }
    }
}

#[test]
fn an_exact_duplicate_is_passed_over() {
    for ends in ends() {
        let data = payload(48);
        let pieces = cut(ends, 7, &data, 16);
        let packet = whole(&[
            pieces[2].clone(),
            pieces[0].clone(),
            pieces[2].clone(),
            pieces[0].clone(),
            pieces[1].clone(),
        ]);
        assert!(packet.is_some_and(|packet| packet.ends_with(&data)));
    }
}

#[test]
fn two_ends_or_bytes_beyond_the_end_discard_the_datagram() {
    for ends in ends() {
        let last = fragment(ends, 7, 16, false, &[1; 8]);
        for bad in [
            fragment(ends, 7, 32, false, &[1; 8]),
            fragment(ends, 7, 32, true, &[1; 8]),
            fragment(ends, 7, 8, false, &[1; 4]),
            fragment(ends, 7, 16, true, &[1; 8]),
        ] {
            for order in [[&last, &bad], [&bad, &last]] {
                let mut reassembly = Reassembly::default();
                assert_eq!(add(&mut reassembly, order[0], at(0)), None);
                assert_eq!(add(&mut reassembly, order[1], at(0)), None);
                assert_eq!(reassembly.take_discarded(), 2);
                assert_eq!(reassembly.bytes, 0);
            }
        }
    }
}

#[test]
fn unsound_fragments_are_counted() {
    for ends in ends() {
        let mut reassembly = Reassembly::default();
        assert_eq!(
            add(&mut reassembly, &fragment(ends, 7, 0, true, &[1; 15]), at(0)),
            None
        );
        assert_eq!(
            add(&mut reassembly, &fragment(ends, 7, 8, true, &[]), at(0)),
            None
        );
        assert_eq!(
            add(&mut reassembly, &fragment(ends, 7, 65_528, false, &[1; 8]), at(0)),
            None
        );
        assert_eq!(
            (reassembly.take_discarded(), reassembly.poll_timeout()),
            (3, None)
        );
    }
}

#[test]
fn incomplete_datagrams_are_forgotten_after_30_seconds() {
    for ends in ends() {
        let pieces = cut(ends, 7, &payload(64), 32);
        let mut reassembly = Reassembly::default();
        add(&mut reassembly, &pieces[0], at(100));
        assert_eq!(reassembly.poll_timeout(), Some(at(130)));
        reassembly.handle_timeout(at(129));
        assert_eq!(reassembly.datagrams.len(), 1);
        reassembly.handle_timeout(at(130));
        assert_eq!(
            (reassembly.poll_timeout(), reassembly.take_discarded()),
            (None, 1)
        );
        assert_eq!(add(&mut reassembly, &pieces[1], at(131)), None);
    }
}

#[test]
fn number_and_bytes_are_bounded_and_the_oldest_goes() {
    let ends = ends()[0];
    let mut reassembly = Reassembly::default();
    for id in 0..200 {
        add(&mut reassembly, &fragment(ends, id, 0, true, &[1; 8]), at(0));
    }
    assert_eq!(
        (reassembly.datagrams.len(), reassembly.bytes),
        (MAX_DATAGRAMS, MAX_DATAGRAMS * 8)
    );
    assert_eq!(reassembly.take_discarded(), 200 - MAX_DATAGRAMS as u64);
    for id in 1_000..1_020 {
        add(&mut reassembly, &fragment(ends, id, 0, true, &[1; 65_000]), at(0));
    }
    assert!(reassembly.bytes <= MAX_BYTES);
    assert_eq!(reassembly.bytes, 8 * 65_000);
    for offset in 0..200 {
        add(
            &mut reassembly,
            &fragment(ends, 2_000, offset * 16, true, &[1; 8]),
            at(0),
        );
    }
    assert!(
        reassembly
            .datagrams
            .iter()
            .all(|datagram| datagram.pieces.len() <= MAX_PIECES)
    );
}

#[test]
fn the_protocol_of_an_ipv6_datagram_is_its_first_fragments() {
    let ends = ends()[1];
    let mut pieces = cut(ends, 7, &payload(32), 16);
    pieces[1][40] = 99;
    let packet = whole(&[pieces[1].clone(), pieces[0].clone()]).unwrap();
    assert_eq!(IpHeader::parse(&packet).unwrap().protocol, Protocol::UDP);
}

#[test]
fn a_flipped_byte_never_panics_nor_leaks() {
    for ends in ends() {
        let pieces = cut(ends, 7, &payload(96), 32);
        for at_byte in 0..pieces[1].len() {
            for flip in 1..=255 {
                let mut reassembly = Reassembly::default();
                let mut bad = pieces[1].clone();
                bad[at_byte] ^= flip;
                for packet in [&pieces[0], &bad, &pieces[2], &pieces[1]] {
                    if let Ok(header) = IpHeader::parse(packet) {
                        let _ = reassembly.handle_fragment(&header, packet, at(0));
                    }
                }
                let held: usize = reassembly.datagrams.iter().map(|datagram| datagram.bytes).sum();
                assert_eq!(reassembly.bytes, held);
            }
        }
    }
}
