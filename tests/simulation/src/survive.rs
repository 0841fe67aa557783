//! Whatever arrives, the engine goes on: bytes are decoded into packets, news, time and commands.
//!
//! The bytes decide everything, so that a fuzzer can steer and a seed can repeat.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use blocklist::{AppId, Rules};
use engine::{
    AskId, Batch, Config, EchoId, Engine, Failure, FlowId, MappingId, Output, OwnerQuestion, Pump, Stats,
    Timestamp, Upstream,
};
use wire::icmp::Unreachable;

use crate::clock::START;
use crate::gauge::inside;
use crate::names::{Record, answer};
use crate::packet::{ACK, Packet, RST, SYN};
use crate::rules::blocking;
use crate::world::RESOLVER;

mod traffic;

/// Outputs that one turn may have.
const MAX_OUTPUTS: usize = 20_000;

const FAILURES: [Failure; 7] = [
    Failure::Refused,
    Failure::Reset,
    Failure::HostUnreachable,
    Failure::NetUnreachable,
    Failure::TimedOut,
    Failure::Prohibited,
    Failure::Other,
];

const CAUSES: [Unreachable; 6] = [
    Unreachable::Net,
    Unreachable::Host,
    Unreachable::Protocol,
    Unreachable::Port,
    Unreachable::Prohibited,
    Unreachable::TooBig(1280),
];

/// The bytes that are still to be decoded; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        let (first, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        first.to_vec()
    }
}

/// A flow as the far side of the TUN knows it.
#[derive(Debug, Clone, Copy)]
struct Known {
    app: SocketAddr,
    remote: SocketAddr,
    seq: u32,
    ack: u32,
}

struct Run<'a> {
    bytes: Bytes<'a>,
    engine: Engine,
    rules: [Arc<Rules>; 2],
    batch: Batch,
    now: Timestamp,
    known: Vec<Known>,
    flows: Vec<FlowId>,
    mappings: Vec<(MappingId, SocketAddr)>,
    echoes: Vec<EchoId>,
    asks: Vec<(AskId, Vec<u8>)>,
    owners: Vec<OwnerQuestion>,
}

/// Lets the engine live through `bytes` and says what it counted. A panic is a bug of the engine.
pub fn engine_survives(bytes: &[u8]) -> Stats {
    let mut bytes = Bytes(bytes);
    let mut key = [0; 32];
    key[0] = bytes.byte();
    let config = Config {
        mtu: bytes.pick(&[1500, 9000, 1280, 68]),
        segment_cap: bytes.pick(&[65_000, 15_872, 1_500]),
        own_resolvers: vec![IpAddr::from([10, 111, 222, 2])],
        max_tcp_flows: bytes.pick(&[16_384, 4]),
        max_udp_mappings: bytes.pick(&[4_096, 3]),
        ..Config::default()
    };
    let rules = [
        Arc::new(blocking(&["ads.example", "192.0.2.66"])),
        Arc::new(blocking(&["good.example"])),
    ];
    let batch = Batch::new(usize::from(config.mtu));
    let engine = inside(|| Engine::new(config, rules[0].clone(), key));
    let mut run = Run {
        bytes,
        engine,
        rules,
        batch,
        now: START,
        known: Vec::new(),
        flows: Vec::new(),
        mappings: Vec::new(),
        echoes: Vec::new(),
        asks: Vec::new(),
        owners: Vec::new(),
    };
    run.set_upstream();
    while !run.bytes.0.is_empty() {
        run.turn();
    }
    // Time goes on until nothing is due, and everything is let go.
    for _ in 0..200 {
        let Some(at) = run.engine.poll_timeout() else {
            break;
        };
        run.now = run.now.max(at);
        run.batch.clear();
        inside(|| run.engine.handle_timeout(run.now));
        run.drain();
    }
    run.engine.stats()
}

impl Run<'_> {
    fn turn(&mut self) {
        let micros = match self.bytes.byte() {
            0..=127 => u64::from(self.bytes.byte()),
            128..=223 => u64::from(self.bytes.byte()) * 3_000,
            224..=250 => u64::from(self.bytes.byte()) * 1_000_000,
            _ => u64::from(self.bytes.byte()) * 3_600_000_000,
        };
        self.now = self.now + Duration::from_micros(micros);
        let now = self.now;
        inside(|| self.engine.handle_timeout(now));
        for _ in 0..self.bytes.byte() % 4 {
            self.news();
        }
        self.batch.clear();
        for _ in 0..self.bytes.byte() % 12 {
            let mut packet = self.packet();
            for _ in 0..self.bytes.byte() / 86 {
                let at = usize::from(self.bytes.word()) % packet.len().max(1);
                if let Some(byte) = packet.get_mut(at) {
                    *byte ^= self.bytes.byte();
                }
            }
            if self.bytes.byte() > 240 {
                packet.truncate(usize::from(self.bytes.byte()));
            }
            self.batch.push(&packet);
        }
        inside(|| self.engine.handle_batch(&self.batch, now));
        self.drain();
    }

    fn flow(&mut self) -> FlowId {
        let no = usize::from(self.bytes.byte());
        let stranger = FlowId {
            index: u32::from(self.bytes.byte()),
            generation: 0,
        };
        self.flows
            .get(no % (self.flows.len() + 1))
            .copied()
            .unwrap_or(stranger)
    }

    fn news(&mut self) {
        let now = self.now;
        match self.bytes.byte() % 16 {
            0 | 1 => {
                let flow = self.flow();
                let failed = Err(self.bytes.pick(&FAILURES));
                let outcome = if self.bytes.byte() < 200 { Ok(()) } else { failed };
                inside(|| self.engine.handle_dialed(flow, outcome, now));
            }
            2..=4 => {
                let (flow, closed) = (self.flow(), self.bytes.byte() > 200);
                inside(|| self.engine.handle_readable(flow, closed, now));
            }
            5 | 6 => {
                let flow = self.flow();
                inside(|| self.engine.handle_writable(flow, now));
            }
            7 | 8 => self.datagram_news(),
            9 => {
                let echo = EchoId {
                    index: u32::from(self.bytes.byte() % 4),
                    generation: 0,
                };
                let echo = self.echoes.last().copied().unwrap_or(echo);
                let (seq, payload) = (self.bytes.word(), self.bytes.take(10));
                inside(|| self.engine.handle_echo_reply(echo, seq, &payload, now));
                let cause = self.bytes.pick(&CAUSES);
                inside(|| self.engine.handle_echo_failed(echo, cause, now));
            }
            10..=12 => self.answer_news(),
            13 => {
                let question = self.owners.pop().unwrap_or(OwnerQuestion::Refusal(0));
                let owner = (self.bytes.byte() < 128).then_some(AppId(10_077));
                inside(|| self.engine.handle_owner(question, owner, now));
            }
            _ => self.command(),
        }
    }

    fn datagram_news(&mut self) {
        let now = self.now;
        let no = usize::from(self.bytes.byte());
        let known = self.mappings.get(no % self.mappings.len().max(1)).copied();
        let Some((mapping, to)) = known else { return };
        let from = if self.bytes.byte() < 200 {
            to
        } else {
            self.remote()
        };
        if self.bytes.byte() < 180 {
            let payload = vec![1; usize::from(self.bytes.word())];
            let segment = payload.len() / (1 + usize::from(self.bytes.byte()) % 64);
            inside(|| {
                self.engine
                    .handle_datagrams(mapping, from, &payload, segment, now);
            });
        } else {
            let cause = self.bytes.pick(&CAUSES);
            inside(|| self.engine.handle_datagram_failed(mapping, from, cause, now));
        }
    }

    fn answer_news(&mut self) {
        let now = self.now;
        let Some((ask, asked)) = self.asks.pop() else {
            return;
        };
        let records = [
            Record::alias(
                "good.example",
                self.bytes.pick(&["x.ads.example", "cdn.example", "good.example"]),
            ),
            Record::address("cdn.example", self.remote().ip()),
            Record::address("good.example", self.remote().ip()),
        ];
        let mut message = answer(
            &asked,
            self.bytes.byte() % 6,
            &records[usize::from(self.bytes.byte() % 3)..],
        );
        for _ in 0..self.bytes.byte() / 100 {
            let at = usize::from(self.bytes.word()) % message.len();
            message[at] ^= self.bytes.byte();
        }
        if self.bytes.byte() > 220 {
            inside(|| self.engine.handle_ask_failed(ask, now));
        } else {
            inside(|| self.engine.handle_answer(ask, &message, now));
        }
    }

    fn command(&mut self) {
        let now = self.now;
        match self.bytes.byte() % 8 {
            0 => inside(|| self.engine.network_changed(now)),
            1 => {
                let rules = self.rules[usize::from(self.bytes.byte() % 2)].clone();
                inside(|| self.engine.replace_rules(rules, now));
            }
            2 => self.set_upstream(),
            _ => inside(|| self.engine.handle_tun_full(now)),
        }
    }

    fn set_upstream(&mut self) {
        let byte = self.bytes.byte();
        let upstream = Upstream {
            ipv4: byte & 7 != 7,
            ipv6: byte & 0x18 != 0x18,
            resolvers: vec![RESOLVER],
            ..Upstream::default()
        };
        let now = self.now;
        inside(|| self.engine.set_upstream(upstream, now));
    }

    fn drain(&mut self) {
        let now = self.now;
        for _ in 0..MAX_OUTPUTS {
            let (send, flow) = match inside(|| self.engine.poll_output(&self.batch)) {
                None => return,
                Some(Output::SendUpstream(flow)) => (true, flow),
                Some(Output::RecvUpstream(flow)) => (false, flow),
                Some(Output::WriteTun(pieces)) => {
                    let packet = pieces.to_vec();
                    learn(&mut self.known, &packet);
                    continue;
                }
                Some(Output::Dial { flow, .. }) => {
                    self.flows.push(flow);
                    continue;
                }
                Some(Output::SendDatagrams { mapping, to, .. }) => {
                    self.mappings.push((mapping, to));
                    continue;
                }
                Some(Output::SendEcho { echo, .. }) => {
                    self.echoes.push(echo);
                    continue;
                }
                Some(Output::Ask { ask, message, .. }) => {
                    self.asks.push((ask, message));
                    continue;
                }
                Some(Output::WhoOwns { question, .. }) => {
                    self.owners.push(question);
                    continue;
                }
                Some(_) => continue,
            };
            let bytes = &mut self.bytes;
            if send {
                inside(|| {
                    self.engine.send_upstream(flow, &self.batch, now, |pieces| {
                        pump(
                            bytes,
                            pieces.iter().map(|piece: &IoSlice<'_>| piece.len()).sum(),
                            false,
                        )
                    });
                });
            } else {
                inside(|| {
                    self.engine.recv_upstream(flow, now, |pieces| {
                        pump(
                            bytes,
                            pieces.iter().map(|piece: &IoSliceMut<'_>| piece.len()).sum(),
                            true,
                        )
                    });
                });
            }
        }
        panic!("the outputs of one turn do not end");
    }
}

/// What a socket does with so many bytes.
fn pump(bytes: &mut Bytes<'_>, offered: usize, reads: bool) -> Pump {
    match bytes.byte() {
        0 => Pump::Full,
        1..=99 if offered > 0 => Pump::Moved(offered),
        100..=219 if offered > 0 => Pump::Moved(1 + usize::from(bytes.word()) % offered),
        250..=252 if reads => Pump::Eof,
        253..=255 => Pump::Failed(bytes.pick(&FAILURES)),
        _ => Pump::Full,
    }
}

/// Follows the engine's numbers, so that later packets can fit.
fn learn(known: &mut Vec<Known>, packet: &[u8]) {
    let Ok(Packet::Tcp(segment)) = Packet::parse(packet) else {
        return;
    };
    let (app, remote) = (segment.dst, segment.src);
    let ack = segment.seq.wrapping_add(segment.span());
    let at = known
        .iter()
        .position(|flow| flow.app == app && flow.remote == remote);
    match at {
        Some(at) if segment.has(RST) => {
            known.remove(at);
        }
        Some(at) => known[at].ack = ack,
        None if segment.has(SYN | ACK) => {
            known.push(Known {
                app,
                remote,
                seq: segment.ack,
                ack,
            });
        }
        None => {}
    }
}
