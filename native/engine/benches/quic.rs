//! What a verdict on a QUIC connection costs beyond the system calls: a packet in, a verdict and a datagram out, on a new
//! mapping. `cargo bench -p engine --bench quic`.
//!
//! The best of many short turns, because others may run on the machine.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints its figures"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it measures time"
)]

#[path = "../../../tests/fixtures/client_hello.rs"]
mod client_hello;
#[path = "../../../tests/fixtures/quic_initial.rs"]
mod quic_initial;

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use blocklist::{Preset, Rules, RulesBuilder};
use client_hello::Hello;
use engine::{Batch, Config, Engine, Timestamp};
use quic_initial::Initial;

/// Connections of a turn.
const CONNECTIONS: u16 = 4;

fn main() {
    let rules = Arc::new(RulesBuilder::new(Preset::Balanced).build());
    let small = Hello::to("page.example.com").message();
    let large = Hello::browser("page.example.com").message();
    let plain = measure(&rules, &[vec![0x40; 1_200]]);
    println!("a datagram of another protocol, first of its mapping {plain:>8.0} ns");
    for (what, message) in [("one datagram", small), ("two datagrams", large)] {
        let nanos = measure(&rules, &Initial::new(7).datagrams(&message));
        println!(
            "QUIC, name in {what:<38} {nanos:>8.0} ns, {:.0} of them for QUIC",
            nanos - plain
        );
    }
}

/// Nanoseconds of a connection with these datagrams.
fn measure(rules: &Arc<Rules>, datagrams: &[Vec<u8>]) -> f64 {
    let batches: Vec<Batch> = (0..CONNECTIONS)
        .map(|port| batch(1_000 + port, datagrams))
        .collect();
    let mut engine = Engine::new(Config::default(), Arc::clone(rules), [7; 32]);
    let mut turn = |_| {
        let start = Instant::now();
        for batch in &batches {
            pass(&mut engine, batch);
        }
        let nanos = start.elapsed().as_secs_f64() / f64::from(CONNECTIONS) * 1e9;
        // The mappings end, so that the next turn's are new ones.
        engine.network_changed(Timestamp::from_micros(1));
        while engine.poll_output(&batches[0]).is_some() {}
        nanos
    };
    (0..50_000).map(&mut turn).fold(f64::INFINITY, f64::min)
}

fn pass(engine: &mut Engine, batch: &Batch) {
    engine.handle_batch(batch, Timestamp::from_micros(1));
    while let Some(output) = engine.poll_output(batch) {
        black_box(output);
    }
}

fn batch(port: u16, datagrams: &[Vec<u8>]) -> Batch {
    let (app, server): (SocketAddr, SocketAddr) =
        (([10, 0, 0, 2], port).into(), ([192, 0, 2, 7], 443).into());
    let mut batch = Batch::new(1_500);
    for datagram in datagrams {
        let mut header = [0; wire::udp::MAX_HEADER];
        let len = wire::udp::emit(&mut header, app, server, datagram);
        assert!(batch.push(&[&header[..len], datagram].concat()));
    }
    batch
}
