//! What a DNS question and a ClientHello cost beyond the system calls: packets in, verdicts and packets out.
//! `cargo bench -p engine --bench first_bytes`; under callgrind, `--bench first_bytes -- N` for N turns of each alone.
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

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use blocklist::{Preset, Rules, RulesBuilder};
use client_hello::Hello;
use engine::{AskId, Batch, Config, Engine, Output, Timestamp, Upstream};
use wire::ip::IpHeader;
use wire::tcp::{Flags, Options, Segment, SeqNumber, TcpHeader};

/// Questions or flows of a turn.
const OF_A_TURN: u16 = 32;
const NOW: Timestamp = Timestamp::from_micros(1);
const ALLOWED: &str = "page.example.com";
const BLOCKED: &str = "data.mistat.xiaomi.com";

fn main() {
    let turns = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(20_000);
    let rules = Arc::new(RulesBuilder::new(Preset::Balanced).build());
    let answered = questions(&rules, turns, BLOCKED);
    println!(
        "a blocked question, answered here             {:>8.0} ns",
        answered.0
    );
    let asked = questions(&rules, turns, ALLOWED);
    println!(
        "an allowed question, to the resolver client   {:>8.0} ns",
        asked.0
    );
    println!(
        "its answer: judged, remembered, passed on     {:>8.0} ns",
        asked.1
    );
    for (what, first) in [
        ("bytes of another protocol, 517", vec![0x40; 517]),
        (
            "a ClientHello of one segment, 517",
            Hello::to(ALLOWED).padding(410).record(),
        ),
        (
            "a ClientHello of a browser, 1787",
            Hello::browser(ALLOWED).record(),
        ),
    ] {
        let nanos = first_bytes(&rules, turns / 4, &first);
        println!("{what:<38} ({:>4} B) {nanos:>8.0} ns", first.len());
    }
}

/// Nanoseconds of a question, and of its answer.
fn questions(rules: &Arc<Rules>, turns: u32, name: &str) -> (f64, f64) {
    let mut engine = engine(rules);
    // Another name each, so that no question waits for another's answer.
    let messages: Vec<_> = (10..10 + OF_A_TURN)
        .map(|no| question(&format!("n{no}.{name}")))
        .collect();
    let mut batch = Batch::new(1_500);
    for (port, message) in (0..).zip(&messages) {
        let (app, server) = (app(port), "10.0.0.1:53".parse().unwrap());
        let mut header = [0; wire::udp::MAX_HEADER];
        let len = wire::udp::emit(&mut header, app, server, message);
        assert!(batch.push(&[&header[..len], message].concat()));
    }
    let answers: Vec<_> = messages.iter().map(|message| answer(message)).collect();
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..turns {
        let start = Instant::now();
        engine.handle_batch(&batch, NOW);
        let mut asks: Vec<AskId> = Vec::new();
        while let Some(output) = engine.poll_output(&batch) {
            if let Output::Ask { ask, .. } = black_box(output) {
                asks.push(ask);
            }
        }
        let asked = per_one(start, OF_A_TURN.into());
        let start = Instant::now();
        for (ask, answer) in asks.iter().zip(&answers) {
            engine.handle_answer(*ask, answer, NOW);
        }
        while let Some(output) = engine.poll_output(&batch) {
            black_box(output);
        }
        let answered = per_one(start, asks.len().max(1));
        best = (best.0.min(asked), best.1.min(answered));
    }
    best
}

/// Nanoseconds of a flow's first bytes, its handshake apart.
fn first_bytes(rules: &Arc<Rules>, turns: u32, bytes: &[u8]) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..turns.max(1) {
        let mut engine = engine(rules);
        let batches = shake_hands(&mut engine, bytes);
        let start = Instant::now();
        for batch in &batches {
            engine.handle_batch(batch, NOW);
            while let Some(output) = engine.poll_output(batch) {
                black_box(output);
            }
        }
        best = best.min(per_one(start, OF_A_TURN.into()));
    }
    best
}

/// Opens flows to an address that nothing vouches for; a batch a flow with its first bytes.
fn shake_hands(engine: &mut Engine, bytes: &[u8]) -> Vec<Batch> {
    let server: SocketAddr = "192.0.2.7:443".parse().unwrap();
    (0..OF_A_TURN)
        .map(|port| {
            let syn = batch(&[segment(app(port), server, 0, 0, Flags::SYN, &[])]);
            engine.handle_batch(&syn, NOW);
            let mut number = None;
            while let Some(output) = engine.poll_output(&syn) {
                if let Output::WriteTun(pieces) = output {
                    let packet = pieces.to_vec();
                    let ip = IpHeader::parse(&packet).unwrap();
                    number = Some(TcpHeader::parse(&packet[ip.payload]).unwrap().seq);
                }
            }
            let ack = number.unwrap().0.wrapping_add(1);
            let done = batch(&[segment(app(port), server, 1, ack, Flags::ACK, &[])]);
            engine.handle_batch(&done, NOW);
            while engine.poll_output(&done).is_some() {}
            let segments: Vec<_> = bytes
                .chunks(1_460)
                .enumerate()
                .map(|(i, piece)| segment(app(port), server, 1 + 1_460 * i as i32, ack, Flags::ACK, piece))
                .collect();
            batch(&segments)
        })
        .collect()
}

fn engine(rules: &Arc<Rules>) -> Engine {
    let mut engine = Engine::new(Config::default(), Arc::clone(rules), [7; 32]);
    let upstream = Upstream {
        resolvers: vec!["192.0.2.53:53".parse().unwrap()],
        ..Upstream::default()
    };
    engine.set_upstream(upstream, NOW);
    engine
}

fn per_one(start: Instant, count: usize) -> f64 {
    start.elapsed().as_secs_f64() / count as f64 * 1e9
}

fn app(port: u16) -> SocketAddr {
    ([10, 0, 0, 2], 1_000 + port).into()
}

fn batch(packets: &[Vec<u8>]) -> Batch {
    let mut batch = Batch::new(1_500);
    for packet in packets {
        assert!(batch.push(packet));
    }
    batch
}

fn segment(src: SocketAddr, dst: SocketAddr, seq: i32, ack: i32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::tcp::MAX_HEADER];
    let segment = Segment {
        src,
        dst,
        seq: SeqNumber(seq),
        ack: SeqNumber(ack),
        flags,
        window: 1_000,
        options: &Options::default(),
    };
    let len = wire::tcp::emit(&mut header, &segment, &[payload]);
    [&header[..len], payload].concat()
}

fn question(name: &str) -> Vec<u8> {
    let mut message = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message
}

/// One alias and two addresses.
fn answer(question: &[u8]) -> Vec<u8> {
    let mut message = question.to_vec();
    (message[2], message[3], message[7]) = (0x81, 0x80, 3);
    message.extend(b"\xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x07\x04edge\xc0\x11");
    for last in [1, 2] {
        let at = (question.len() + 12) as u8;
        message.extend([0xc0, at, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, last]);
    }
    message
}
