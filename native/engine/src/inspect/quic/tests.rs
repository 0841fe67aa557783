use wire::Name;
use wire::quic::Version;

use super::*;
use crate::inspect::client_hello::Hello;
use crate::inspect::quic_initial::{Initial, crypto};

const HOST: &str = "ads.example.com";

fn name(host: &str) -> Finding {
    Finding::Name(Name::from_text(host), Seen::Quic)
}

/// What the last of the datagrams says, to one who reads them from the first packet on.
fn read(datagrams: &[Vec<u8>]) -> Option<Finding> {
    let first = LongHeader::parse(&datagrams[0]).unwrap();
    let mut reader = QuicReader::new(&first).unwrap();
    let mut scratch = Vec::new();
    datagrams
        .iter()
        .map(|datagram| reader.push(datagram, &mut scratch))
        .last()
        .unwrap()
}

/// A seeded shuffle.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for i in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        items.swap(i, (seed >> 33) as usize % (i + 1));
    }
}

#[test]
fn name_is_read_in_every_version() {
    let drafts = (29..=34).map(Version::draft);
    for version in [Version::V1, Version::V2].into_iter().chain(drafts) {
        let initial = Initial::new(7).version(version);
        assert_eq!(
            read(&initial.datagrams(&Hello::to(HOST).message())),
            Some(name(HOST))
        );
    }
}

#[test]
fn hello_of_two_datagrams_is_read_in_either_order() {
    let mut datagrams = Initial::new(7).datagrams(&Hello::browser(HOST).message());
    assert_eq!(datagrams.len(), 2);
    assert_eq!(read(&datagrams[..1]), Some(Finding::NeedMore));
    assert_eq!(read(&datagrams), Some(name(HOST)));
    datagrams.reverse();
    assert_eq!(read(&datagrams[..1]), Some(Finding::NeedMore));
    assert_eq!(read(&datagrams), Some(name(HOST)));
}

#[test]
fn scrambled_frames_among_padding_and_pings_make_the_hello() {
    let message = Hello::browser(HOST).message();
    for seed in 0..200 {
        let size = 20 + seed as usize * 3;
        let mut frames: Vec<Vec<u8>> = message
            .chunks(size)
            .enumerate()
            .map(|(i, piece)| {
                // Some overlap what came before them.
                let back = if i % 3 == 1 { size.min(9) } else { 0 };
                let at = i * size - back;
                let mut frame = vec![0x01, 0x00, 0x00];
                frame.extend(crypto(at, &message[at..i * size + piece.len()]));
                frame
            })
            .collect();
        shuffle(&mut frames, seed);
        let half = frames.len() / 2;
        let datagrams: Vec<Vec<u8>> = [&frames[..half], &frames[half..]]
            .iter()
            .enumerate()
            .map(|(i, frames)| {
                Initial::new(7)
                    .number(9_000 + i as u32, 4)
                    .datagram(&frames.concat(), 1_200)
            })
            .collect();
        assert_eq!(read(&datagrams), Some(name(HOST)), "seed {seed}");
    }
}

#[test]
fn several_initials_in_a_datagram_are_read() {
    let message = Hello::to(HOST).message();
    let (head, tail) = message.split_at(60);
    let first = Initial::new(7).packet(&crypto(0, head));
    let second = Initial::new(7).number(1, 2).packet(&crypto(60, tail));
    assert_eq!(
        read(&[[&second[..], &first, &[0; 900]].concat()]),
        Some(name(HOST))
    );
}

#[test]
fn packet_numbers_may_start_anywhere() {
    for (number, len) in [
        (0, 1),
        (255, 1),
        (256, 2),
        (0xffff, 2),
        (0xff_fffe, 3),
        (u32::MAX, 4),
    ] {
        let datagram = Initial::new(7)
            .number(number, len)
            .datagram(&crypto(0, &Hello::to(HOST).message()), 1_200);
        // A number of one byte says 255 or less of a connection without any before it.
        assert_eq!(read(&[datagram]), Some(name(HOST)), "{number}");
    }
}

#[test]
fn packets_of_another_connection_or_of_the_server_do_not_belong() {
    let message = Hello::to(HOST).message();
    let first = Initial::new(7).datagram(&crypto(0, &message[..50]), 1_200);
    let other = Initial::new(8).datagram(&crypto(50, &message[50..]), 1_200);
    assert_eq!(read(&[first.clone(), other]), None);
    let server = Initial {
        side: Side::Server,
        ..Initial::new(7)
    };
    assert_eq!(
        read(&[first.clone(), server.datagram(&crypto(50, &message[50..]), 1_200)]),
        None
    );
    // The same client, once it knows the id that the server chose.
    let later = Initial {
        dcid: vec![0xee; 20],
        keys_of: Some(vec![7; 8]),
        ..Initial::new(7)
    };
    assert_eq!(
        read(&[
            first,
            later.number(1, 1).datagram(&crypto(50, &message[50..]), 1_200)
        ]),
        Some(name(HOST))
    );
}

#[test]
fn first_arrival_wins_and_a_packet_with_a_forbidden_frame_counts_for_nothing() {
    let message = Hello::to(HOST).message();
    let other = Hello::to("xxx.example.com").message();
    let twice = Initial::new(7).datagram(&[crypto(0, &message), crypto(0, &other)].concat(), 1_200);
    assert_eq!(read(&[twice]), Some(name(HOST)));
    let stream = Initial::new(7).datagram(&[crypto(0, &other), vec![0x08, 0x00]].concat(), 1_200);
    let good = Initial::new(7).number(1, 1).datagram(&crypto(0, &message), 1_200);
    assert_eq!(read(std::slice::from_ref(&stream)), Some(Finding::NeedMore));
    assert_eq!(read(&[stream, good]), Some(name(HOST)));
}

#[test]
fn no_hello_and_no_name_are_told_apart() {
    let nameless = Initial::new(7).datagrams(&Hello::nameless().message());
    assert_eq!(read(&nameless), Some(Finding::Undecidable(Undecidable::Nameless)));
    let two = Hello::nameless().raw_server_name(b"\x00\x00\x03a.b\x00\x00\x03c.d");
    let two = Initial::new(7).datagrams(&two.message());
    assert_eq!(read(&two), Some(Finding::Undecidable(Undecidable::Ambiguous)));
    let other = Initial::new(7).datagrams(&[0x02, 0, 0, 40, 3, 3]);
    assert_eq!(
        read(&other),
        Some(Finding::Undecidable(Undecidable::Unrecognised))
    );
}

#[test]
fn complete_extensions_do_where_the_end_never_comes() {
    let message = Hello::to(HOST).trailing(3_000).message();
    let datagrams = Initial::new(7).datagrams(&message);
    let mut reader = QuicReader::new(&LongHeader::parse(&datagrams[0]).unwrap()).unwrap();
    assert_eq!(
        reader.push(&datagrams[0], &mut Vec::new()),
        Some(Finding::NeedMore)
    );
    assert_eq!(reader.cut_off(), name(HOST));
    let mut reader = QuicReader::new(&LongHeader::parse(&datagrams[0]).unwrap()).unwrap();
    reader.push(&datagrams[1], &mut Vec::new());
    assert_eq!(reader.cut_off(), Finding::Undecidable(Undecidable::TooLong));
}

#[test]
fn bytes_held_are_bounded_wherever_frames_claim_to_be() {
    let mut reader = QuicReader::new(&LongHeader::parse(&Initial::new(7).packet(&[0; 20])).unwrap()).unwrap();
    for i in 0..200 {
        let frames = [crypto(1 + i * 7_919, &[1; 700]), crypto(0x3fff_0000, &[1; 100])].concat();
        let datagram = Initial::new(7).number(i as u32, 4).datagram(&frames, 1_200);
        assert_eq!(reader.push(&datagram, &mut Vec::new()), Some(Finding::NeedMore));
        assert!(reader.held() <= LIMIT + size_of::<InitialKeys>());
    }
}

/// Datagrams that a quic-go client sent (see the README beside them), each behind its length.
fn quic_go(version: u8) -> Vec<Vec<u8>> {
    let mut rest: &[u8] = match version {
        1 => include_bytes!("../../../../../tests/fixtures/quic-go/v1.bin"),
        _ => include_bytes!("../../../../../tests/fixtures/quic-go/v2.bin"),
    };
    let mut datagrams = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk() {
        let (datagram, behind) = behind.split_at(usize::from(u16::from_be_bytes(*len)));
        datagrams.push(datagram.to_vec());
        rest = behind;
    }
    datagrams
}

#[test]
fn the_name_that_quic_go_splits_is_read_in_either_order() {
    for version in [1, 2] {
        let mut datagrams = quic_go(version);
        assert_eq!(datagrams.len(), 2);
        // No packet has all of the name, and no frame.
        let first = LongHeader::parse(&datagrams[0]).unwrap();
        let keys = InitialKeys::new(first.version, first.dcid, Side::Client).unwrap();
        let mut frames = Vec::new();
        for packet in datagrams.iter().flat_map(|datagram| Packets::new(datagram)) {
            keys.open(&packet, None, &mut frames).unwrap();
            let whole = frames.windows(HOST.len()).any(|part| part == HOST.as_bytes());
            assert!(!whole, "version {version}");
        }
        assert_eq!(read(&datagrams[..1]), Some(Finding::NeedMore));
        assert_eq!(read(&datagrams), Some(name(HOST)));
        datagrams.reverse();
        assert_eq!(read(&datagrams), Some(name(HOST)));
    }
}
