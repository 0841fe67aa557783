//! What a verdict costs beyond the system calls: packets in, a verdict and what follows from it out. `cargo bench -p engine`.
//!
//! The best of many short turns, because others may run on the machine. `VERDICTS="STEP TURNS"` takes turns of one step and no
//! time, and `-STEP` all of a turn but what is measured, for what counts instructions (`instructions.sh`).

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
use engine::{AskId, Batch, Config, Engine, Output, Timestamp, Upstream};
use quic_initial::Initial;
use wire::ip::IpHeader;
use wire::tcp::{Flags, Options, Segment, SeqNumber, TcpHeader};

/// Flows, or questions, of a turn.
const FLOWS: u16 = 4;
const TURNS: usize = 20_000;
const NOW: Timestamp = Timestamp::from_micros(1);

/// One thing that is measured.
struct Step {
    word: &'static str,
    what: &'static str,
    /// The step whose cost is no part of the verdict: the same bytes, with nothing in them to read.
    without: &'static str,
    /// Packets that come before, and are not measured.
    before: Vec<Batch>,
    measured: Vec<Batch>,
}

fn main() {
    let rules = Arc::new(RulesBuilder::new(Preset::Balanced).build());
    let steps: Vec<Step> = [datagrams(), questions(), hellos(&rules)]
        .into_iter()
        .flatten()
        .collect();
    if let Ok(asked) = std::env::var("VERDICTS") {
        let (word, turns) = asked.split_once(' ').unwrap();
        let (bare, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        let mut step = steps.into_iter().find(|step| step.word == word).unwrap();
        if bare {
            step.measured.clear();
        }
        (0..turns.parse().unwrap()).for_each(|_| _ = step.turn(&rules));
        return;
    }
    let nanos: Vec<f64> = steps.iter().map(|step| step.best(&rules)).collect();
    println!("{:<52} {:>9} {:>20}", "", "all of it", "beyond plain bytes");
    for (step, all) in steps.iter().zip(&nanos) {
        let plain = steps
            .iter()
            .zip(&nanos)
            .find(|(plain, _)| plain.word == step.without);
        let beyond = plain.map_or(String::new(), |(_, plain)| format!("{:.0} ns", all - plain));
        println!("{:<52} {all:>6.0} ns {beyond:>20}", step.what);
    }
    let answer = (0..TURNS).map(|_| answers(&rules)).fold(f64::INFINITY, f64::min);
    println!(
        "{:<52} {answer:>6.0} ns",
        "its answer: judged, remembered, passed on"
    );
}

/// Nanoseconds of the answer to an allowed question: an alias and two addresses.
fn answers(rules: &Arc<Rules>) -> f64 {
    let mut engine = engine(rules);
    let mut asked: Vec<(AskId, Vec<u8>)> = Vec::new();
    let asking = questions().swap_remove(0).measured;
    for batch in &asking {
        engine.handle_batch(batch, NOW);
        while let Some(output) = engine.poll_output(batch) {
            if let Output::Ask { ask, message, .. } = output {
                asked.push((ask, answer(&message)));
            }
        }
    }
    let start = Instant::now();
    for (ask, answer) in &asked {
        engine.handle_answer(*ask, answer, NOW);
        while let Some(output) = engine.poll_output(&asking[0]) {
            black_box(output);
        }
    }
    start.elapsed().as_secs_f64() / f64::from(FLOWS) * 1e9
}

fn answer(question: &[u8]) -> Vec<u8> {
    let mut message = question.to_vec();
    (message[2], message[3], message[7]) = (0x81, 0x80, 3);
    // The alias is beside the question's name: its second label, behind one of five letters, is at 0x12.
    message.extend(b"\xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x07\x04edge\xc0\x12");
    for last in [1, 2] {
        let at = (question.len() + 12) as u8;
        message.extend([0xc0, at, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, last]);
    }
    message
}

fn engine(rules: &Arc<Rules>) -> Engine {
    let mut engine = Engine::new(Config::default(), Arc::clone(rules), [7; 32]);
    let upstream = Upstream {
        resolvers: vec![([192, 0, 2, 53], 53).into()],
        ..Upstream::default()
    };
    engine.set_upstream(upstream, NOW);
    engine
}

impl Step {
    fn new(word: &'static str, what: &'static str, without: &'static str, measured: Vec<Batch>) -> Self {
        Self {
            word,
            what,
            without,
            before: Vec::new(),
            measured,
        }
    }

    /// Nanoseconds of one flow or question.
    fn best(&self, rules: &Arc<Rules>) -> f64 {
        (0..TURNS).map(|_| self.turn(rules)).fold(f64::INFINITY, f64::min)
    }

    fn turn(&self, rules: &Arc<Rules>) -> f64 {
        let mut engine = engine(rules);
        self.before.iter().for_each(|batch| pass(&mut engine, batch));
        let start = Instant::now();
        self.measured.iter().for_each(|batch| pass(&mut engine, batch));
        start.elapsed().as_secs_f64() / f64::from(FLOWS) * 1e9
    }
}

fn pass(engine: &mut Engine, batch: &Batch) {
    engine.handle_batch(batch, NOW);
    while let Some(output) = engine.poll_output(batch) {
        black_box(output);
    }
}

fn each_flow(make: impl FnMut(u16) -> Batch) -> Vec<Batch> {
    (1_000..1_000 + FLOWS).map(make).collect()
}

fn batch(packets: &[Vec<u8>]) -> Batch {
    let mut batch = Batch::new(9_000);
    assert!(packets.iter().all(|packet| batch.push(packet)));
    batch
}

fn ends(port: u16, far: u16) -> (SocketAddr, SocketAddr) {
    (([10, 0, 0, 2], port).into(), ([192, 0, 2, 7], far).into())
}

fn datagram((app, remote): (SocketAddr, SocketAddr), payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::udp::MAX_HEADER];
    let len = wire::udp::emit(&mut header, app, remote, payload);
    [&header[..len], payload].concat()
}

/// First datagrams of an app's endpoint.
fn datagrams() -> Vec<Step> {
    let first = |datagrams: &[Vec<u8>]| {
        each_flow(|port| {
            let packets: Vec<_> = datagrams.iter().map(|it| datagram(ends(port, 443), it)).collect();
            batch(&packets)
        })
    };
    let quic = |hello: Hello| first(&Initial::new(7).datagrams(&hello.message()));
    vec![
        Step::new(
            "datagram",
            "another protocol's datagram",
            "",
            first(&[vec![0x40; 1_200]]),
        ),
        Step::new(
            "quic",
            "QUIC, name in one datagram",
            "datagram",
            quic(Hello::to("page.example.com")),
        ),
        Step::new(
            "quic2",
            "QUIC, name in two datagrams",
            "datagram",
            quic(Hello::browser("page.example.com")),
        ),
        Step::new(
            "quic_blocked",
            "QUIC, refused, name in one datagram",
            "datagram",
            quic(Hello::to(BLOCKED)),
        ),
    ]
}

/// A name of the built-in list.
const BLOCKED: &str = "tracking.intl.miui.com";

/// Questions over UDP: a blocked one is answered, an allowed one goes to the resolver's client.
fn questions() -> Vec<Step> {
    let question = |name: &str| {
        each_flow(|port| {
            let mut message = [&port.to_be_bytes()[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
            // Each its own question: equal ones in flight are one.
            for label in format!("a{port}.{name}").split('.') {
                message.push(u8::try_from(label.len()).unwrap());
                message.extend(label.as_bytes());
            }
            message.extend([0, 0, 1, 0, 1]);
            batch(&[datagram(ends(port, 53), &message)])
        })
    };
    vec![
        Step::new(
            "question",
            "a question, allowed",
            "datagram",
            question("page.example.com"),
        ),
        Step::new(
            "question_blocked",
            "a question, refused",
            "datagram",
            question(BLOCKED),
        ),
    ]
}

/// First bytes of a TCP flow to an address that no name vouches for.
fn hellos(rules: &Arc<Rules>) -> Vec<Step> {
    let syns = || each_flow(|port| batch(&[segment(port, 100, 0, Flags::SYN, &[])]));
    // With one seed the engine's sequence numbers are the same in each turn.
    let mut engine = Engine::new(Config::default(), Arc::clone(rules), [7; 32]);
    let numbers: Vec<i32> = syns().iter().map(|syn| syn_ack(&mut engine, syn)).collect();
    let first = |word, what, without, bytes: &[u8]| {
        let mut numbers = numbers.iter();
        let measured = each_flow(|port| {
            let ack = numbers.next().unwrap().wrapping_add(1);
            batch(&[segment(port, 101, ack, Flags::ACK, bytes)])
        });
        Step {
            before: syns(),
            ..Step::new(word, what, without, measured)
        }
    };
    let small = Hello::to("page.example.com").record();
    let large = Hello::browser("page.example.com").record();
    let blocked = Hello::to(BLOCKED).record();
    vec![
        first(
            "bytes",
            "TCP, first bytes of another protocol",
            "",
            &vec![0x40; small.len()],
        ),
        first("hello", "TCP, a ClientHello", "bytes", &small),
        first("hello2", "TCP, a post-quantum ClientHello", "bytes", &large),
        first("hello_blocked", "TCP, a ClientHello, refused", "bytes", &blocked),
    ]
}

fn segment(port: u16, seq: i32, ack: i32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = ends(port, 443);
    let options = Options::default();
    let segment = Segment {
        src,
        dst,
        seq: SeqNumber(seq),
        ack: SeqNumber(ack),
        flags,
        window: 65_000,
        options: &options,
    };
    let mut header = [0; wire::tcp::MAX_HEADER];
    let len = wire::tcp::emit(&mut header, &segment, &[payload]);
    [&header[..len], payload].concat()
}

/// The sequence number of the answer to a SYN.
fn syn_ack(engine: &mut Engine, syn: &Batch) -> i32 {
    engine.handle_batch(syn, NOW);
    let mut number = None;
    while let Some(output) = engine.poll_output(syn) {
        if let Output::WriteTun(pieces) = output {
            let packet = pieces.to_vec();
            let ip = IpHeader::parse(&packet).unwrap();
            number = Some(TcpHeader::parse(&packet[ip.payload]).unwrap().seq.0);
        }
    }
    number.unwrap()
}
