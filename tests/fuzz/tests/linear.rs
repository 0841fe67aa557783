//! The time that hostile packets cost grows like their number, and no faster: eight times as many cost less than three times
//! eight times as much. What the kernel says that this thread ran for is compared, so that others may run meanwhile.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::net::SocketAddr;
use std::sync::Arc;

use blocklist::{Preset, Rules, RulesBuilder};
use engine::{Batch, Config, Engine, Observer, Timestamp};
use wire::dns::Answer;
use wire::tcp::{Flags, Options, Segment, SeqNumber};

#[path = "../../fixtures/client_hello.rs"]
mod client_hello;
#[path = "../../fixtures/quic_initial.rs"]
mod quic_initial;

use client_hello::Hello;
use quic_initial::{Initial, crypto};

const MORE: usize = 8;
/// Caches that no longer suffice cost something, too; the square would be 64.
const FACTOR: u64 = 3 * MORE as u64;
const ROUNDS: usize = 5;

/// Nanoseconds that this thread has run. The kernel adds up when a thread gives way.
fn ran() -> u64 {
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

fn cost(mut run: impl FnMut()) -> u64 {
    let turn = |_| {
        let before = ran();
        run();
        ran() - before
    };
    (0..ROUNDS).map(turn).min().unwrap()
}

fn assert_linear(what: &str, mut run: impl FnMut(usize), len: usize) {
    let (few, many) = (cost(|| run(len)), cost(|| run(len * MORE)));
    assert!(
        many < few.max(20_000) * FACTOR,
        "{what}: {few} ns, then {many} ns"
    );
}

fn rules() -> Rules {
    RulesBuilder::new(Preset::None)
        .block("ads.example")
        .unwrap()
        .build()
}

/// Both ways of reading, over as many packets as `make` makes.
fn assert_packets_linear(what: &str, make: impl Fn(usize) -> Vec<Vec<u8>>, len: usize) {
    let packets = [make(len), make(len * MORE)];
    let of = |count: usize| &packets[usize::from(count > len)];
    let observe = |count| {
        let mut observer = Observer::new(rules());
        for packet in of(count) {
            observer.handle_packet(packet, Timestamp::ZERO);
        }
    };
    assert_linear(&format!("{what}, observed"), observe, len);
    let rules = Arc::new(rules());
    let carry = |count| {
        let mut engine = Engine::new(Config::default(), Arc::clone(&rules), [7; 32]);
        let mut batch = Batch::new(1_500);
        for packet in of(count) {
            batch.clear();
            assert!(batch.push(packet));
            engine.handle_batch(&batch, Timestamp::from_micros(1));
            while engine.poll_output(&batch).is_some() {}
        }
    };
    assert_linear(&format!("{what}, carried"), carry, len);
}

fn ends(port: usize) -> (SocketAddr, SocketAddr) {
    let port = 1_024 + (port % 60_000) as u16;
    (([10, 0, 0, 2], port).into(), ([192, 0, 2, 7], 443).into())
}

fn segment(port: usize, seq: usize, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = ends(port);
    let segment = Segment {
        src,
        dst,
        seq: SeqNumber(seq as i32),
        ack: SeqNumber(0),
        flags,
        window: 65_000,
        options: &Options::default(),
    };
    let mut header = [0; wire::tcp::MAX_HEADER];
    let len = wire::tcp::emit(&mut header, &segment, &[payload]);
    [&header[..len], payload].concat()
}

fn datagram(port: usize, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = ends(port);
    let mut header = [0; wire::udp::MAX_HEADER];
    let len = wire::udp::emit(&mut header, src, dst, payload);
    [&header[..len], payload].concat()
}

/// A flow whose bytes come one at a time, in the order that `order` gives.
fn single_bytes(stream: &[u8], order: impl Fn(usize) -> usize) -> Vec<Vec<u8>> {
    let syn = segment(0, 0, Flags::SYN, &[]);
    let bytes = (0..stream.len()).map(|i| {
        let at = order(i);
        segment(0, 1 + at, Flags::ACK, &stream[at..=at])
    });
    std::iter::once(syn).chain(bytes).collect()
}

#[test]
fn a_hello_byte_by_byte() {
    let hello = |len| Hello::to("page.example").padding(len).record()[..len].to_vec();
    assert_packets_linear("in order", |len| single_bytes(&hello(len), |i| i), 1_500);
    assert_packets_linear(
        "from its end",
        |len| single_bytes(&hello(len), |i| len - 1 - i),
        1_500,
    );
    let odd_first = |len: usize| single_bytes(&hello(len), move |i| (i * 2 + usize::from(i * 2 < len)) % len);
    assert_packets_linear("every other byte", odd_first, 1_499);
}

#[test]
fn a_request_byte_by_byte() {
    let head = |len: usize| {
        let lines = "A: b\r\n".repeat(len / 6);
        format!("GET / HTTP/1.1\r\n{lines}").into_bytes()
    };
    assert_packets_linear("short lines", |len| single_bytes(&head(len), |i| i), 1_500);
    let line = |len: usize| [b"GET /".to_vec(), vec![b'a'; len]].concat();
    assert_packets_linear("one line", |len| single_bytes(&line(len), |i| i), 1_500);
    let chunks = |len: usize| {
        let head = "POST / HTTP/1.1\r\nHost: page.example\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}{}", "1\r\na\r\n".repeat(len / 6)).into_bytes()
    };
    assert_packets_linear("chunks", |len| single_bytes(&chunks(len), |i| i), 1_500);
}

#[test]
fn first_flights() {
    // Frames of one byte with a gap before each: none is ever next.
    let scattered = |number: usize| {
        let frames: Vec<u8> = (0..250)
            .flat_map(|i| crypto(1 + (number * 250 + i) * 2 % 16_000, b"x"))
            .collect();
        Initial::new(7).number(number as u32, 4).datagram(&frames, 1_200)
    };
    let one = |count| (0..count).map(|number| datagram(0, &scattered(number))).collect();
    assert_packets_linear("of one connection, scattered", one, 20);
    let hello = Hello::browser("page.example").message();
    let begun = |count| {
        let first = |id: usize| {
            let mut initial = Initial::new(7);
            initial.dcid = id.to_be_bytes().to_vec();
            datagram(id, &initial.datagrams(&hello)[0])
        };
        (0..count).map(first).collect()
    };
    assert_packets_linear("never finished", begun, 60);
    let same = |count| {
        let first = |id: usize| {
            let mut initial = Initial::new(7);
            initial.dcid = id.to_be_bytes().to_vec();
            datagram(0, &initial.datagrams(&hello)[0])
        };
        (0..count).map(first).collect()
    };
    assert_packets_linear("never finished, of one socket", same, 60);
}

#[test]
fn flows_that_say_nothing() {
    let syns = |count| (0..count).map(|port| segment(port, 0, Flags::SYN, &[])).collect();
    assert_packets_linear("SYNs", syns, 1_000);
    let datagrams = |count| (0..count).map(|port| datagram(port, b"x")).collect();
    assert_packets_linear("datagrams", datagrams, 1_000);
}

#[test]
fn fragments_of_many_datagrams() {
    let first = |count| {
        let whole = datagram(0, &[0; 64]);
        let piece = |id: usize| {
            let mut piece = whole[..44].to_vec();
            piece[2..4].copy_from_slice(&44_u16.to_be_bytes());
            piece[4..6].copy_from_slice(&(id as u16).to_be_bytes());
            piece[6..8].copy_from_slice(&0x2000_u16.to_be_bytes());
            piece[10..12].fill(0);
            let sum = wire::checksum::Checksum::default().add(&piece[..20]).finish();
            piece[10..12].copy_from_slice(&sum.to_be_bytes());
            piece
        };
        (0..count).map(piece).collect()
    };
    assert_packets_linear("first pieces", first, 1_000);
}

#[test]
fn header_blocks_of_many_frames() {
    // A block of empty CONTINUATION frames that never ends (RFC 9113 section 6.10).
    let frames = |len: usize| {
        let begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x01\x01\0\0\0\0\x01\x82".to_vec();
        let empty = b"\0\0\0\x09\0\0\0\0\x01".repeat(len / 9);
        [begin, empty].concat()
    };
    assert_packets_linear("frames", |len| single_bytes(&frames(len), |i| i), 2_000);
}

#[test]
fn answers_with_many_keys_and_many_names_behind_them() {
    // An HTTPS record full of empty ech parameters, and records whose names point behind it.
    let message = |len: usize| {
        let keys = len / 4;
        let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1];
        message.extend((2 + keys as u16).to_be_bytes());
        message.extend([0, 0, 0, 0, 1, b'a', 0, 0, 65, 0, 1]);
        // The root, HTTPS, IN, an hour; priority, target (RFC 9460 section 2.2), the parameters (RFC 9848).
        message.extend([0, 0, 65, 0, 1, 0, 0, 0x0e, 0x10]);
        message.extend((3 + 4 * keys as u16).to_be_bytes());
        message.extend([0, 1, 0]);
        message.extend([0, 5, 0, 0].repeat(keys));
        let root = 0xc000 | message.len() as u16;
        let empty = [0, 16, 0, 1, 0, 0, 0x0e, 0x10, 0, 0];
        message.push(0);
        message.extend(empty);
        for _ in 0..keys {
            message.extend(root.to_be_bytes());
            message.extend(empty);
        }
        message
    };
    let messages = [message(2_000), message(2_000 * MORE)];
    let take_out = |len: usize| {
        let message = &messages[usize::from(len > 2_000)];
        let without = wire::dns::without_ech(message).unwrap().unwrap();
        assert_eq!(without.len(), message.len() - len);
    };
    assert_linear("keys", take_out, 2_000);
}

#[test]
fn answers_whose_names_point_at_names() {
    // Records whose names are a pointer to the one before, so that the chain grows with each.
    let message = |len: usize| {
        let count = len / 14;
        let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1];
        message.extend((count as u16).to_be_bytes());
        message.extend([0, 0, 0, 0, 1, b'a', 0, 0, 5, 0, 1]);
        let mut last = 12;
        for _ in 0..count {
            let at = message.len() as u16;
            message.extend((0xc000_u16 | last & 0x3fff).to_be_bytes());
            // CNAME, IN, an hour, a pointer.
            message.extend([0, 5, 0, 1, 0, 0, 0x0e, 0x10, 0, 2]);
            message.extend((0xc000_u16 | last & 0x3fff).to_be_bytes());
            last = at;
        }
        message
    };
    let messages = [message(2_000), message(2_000 * MORE)];
    let read = |len: usize| _ = Answer::parse(&messages[usize::from(len > 2_000)]);
    assert_linear("an answer", read, 2_000);
}
