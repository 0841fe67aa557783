//! What every packet pays: headers read, headers written, bytes summed. `cargo bench -p wire`.
//!
//! The best of many turns, because others may run on the machine; no harness, because the best is all that is asked.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints its figures"
)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Instant;

use wire::checksum::Checksum;
use wire::ip::IpHeader;
use wire::tcp::{Flags, MAX_HEADER, Options, Segment, SeqNumber, TcpHeader, emit};

fn main() {
    headers("192.0.2.1:443", "198.51.100.7:40000");
    headers("[2001:db8::1]:443", "[2001:db8::7]:40000");
    for len in [40, 1_460, 16_384, 65_000] {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 131 % 251) as u8).collect();
        let nanos = best_of_turns(|| _ = black_box(Checksum::default().add(black_box(&bytes)).finish()));
        println!("sum {len:>6} bytes: {:.1} GB/s", len as f64 / nanos);
    }
}

fn headers(src: &str, dst: &str) {
    let (src, dst): (SocketAddr, SocketAddr) = (src.parse().unwrap(), dst.parse().unwrap());
    let options = Options::default();
    let ack = Segment {
        src,
        dst,
        seq: SeqNumber(1),
        ack: SeqNumber(2),
        flags: Flags::ACK,
        window: 512,
        options: &options,
    };
    let mut header = [0; MAX_HEADER];
    let len = emit(&mut header, &ack, &[b"body"]);
    let mut packet = header[..len].to_vec();
    packet.extend_from_slice(b"body");
    let parse = best_of_turns(|| {
        let packet = black_box(&packet[..]);
        let ip = IpHeader::parse(packet).unwrap();
        black_box(TcpHeader::parse(&packet[ip.payload]).unwrap().payload);
    });
    let emitted = best_of_turns(|| _ = black_box(emit(&mut header, black_box(&ack), &[])));
    println!("{src}: parse headers {parse:.1} ns, emit an ACK {emitted:.1} ns");
}

/// Nanoseconds of one step.
fn best_of_turns(mut step: impl FnMut()) -> f64 {
    const STEPS: u32 = 1_000;
    let turn = |_| {
        let start = Instant::now();
        (0..STEPS).for_each(|_| step());
        start.elapsed().as_secs_f64() / f64::from(STEPS) * 1e9
    };
    (0..500).map(turn).fold(f64::INFINITY, f64::min)
}
