//! What the name in a QUIC client's first flight costs: keys, opening, frames, ClientHello. `cargo bench -p wire --bench quic`.
//!
//! The best of many turns, because others may run on the machine.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints its figures"
)]

#[path = "../../../tests/fixtures/client_hello.rs"]
mod client_hello;
#[path = "../../../tests/fixtures/quic_initial.rs"]
mod quic_initial;

use std::hint::black_box;
use std::time::Instant;

use client_hello::Hello;
use quic_initial::Initial;
use wire::Parsed;
use wire::quic::{Frames, InitialKeys, LongHeader, Opening, Packets, Side, Version};
use wire::tls::ClientHello;

fn main() {
    let one = Initial::new(7).datagrams(&Hello::to("ads.example.com").message());
    let two = Initial::new(7).datagrams(&Hello::browser("ads.example.com").message());
    assert_eq!((one.len(), two.len()), (1, 2));
    let header = LongHeader::parse(&one[0]).unwrap();
    let keys = InitialKeys::new(header.version, header.dcid, Side::Client).unwrap();
    let mut payload = Vec::with_capacity(1_500);

    report("look at a datagram that is no opening", || {
        _ = black_box(Opening::parse(black_box(&[0x40; 1_200])));
    });
    report("look at one that is", || {
        _ = black_box(Opening::parse(black_box(&one[0])));
    });
    report("derive the client's keys", || {
        _ = black_box(InitialKeys::new(
            Version::V1,
            black_box(header.dcid),
            Side::Client,
        ));
    });
    report("open 1,200 bytes", || {
        _ = black_box(keys.open(black_box(&header), None, &mut payload));
    });
    report("name out of one datagram", || read_name(black_box(&one)));
    report("name out of two datagrams", || read_name(black_box(&two)));
}

fn read_name(datagrams: &[Vec<u8>]) {
    let mut keys: Option<InitialKeys> = None;
    let (mut payload, mut message, mut largest) = (Vec::with_capacity(1_500), Vec::new(), None);
    for datagram in datagrams {
        assert!(Opening::parse(datagram).is_some());
        for packet in Packets::new(datagram) {
            let keys = keys
                .get_or_insert_with(|| InitialKeys::new(packet.version, packet.dcid, Side::Client).unwrap());
            largest = keys.open(&packet, largest, &mut payload);
            for crypto in Frames::new(Version::V1, &payload) {
                message.extend_from_slice(crypto.unwrap().data);
            }
        }
    }
    let Parsed::Complete(hello) = ClientHello::parse_message(&message) else {
        panic!("no hello")
    };
    black_box(hello);
}

/// Prints the nanoseconds of one step.
fn report(what: &str, mut step: impl FnMut()) {
    const STEPS: u32 = 20;
    let turn = |_| {
        let start = Instant::now();
        (0..STEPS).for_each(|_| step());
        start.elapsed().as_secs_f64() / f64::from(STEPS) * 1e9
    };
    let best = (0..5_000).map(turn).fold(f64::INFINITY, f64::min);
    println!("{what:<40} {best:>7.0} ns");
}
