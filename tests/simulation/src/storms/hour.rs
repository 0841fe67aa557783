//! An hour of one app and the engine.

use std::net::SocketAddr;
use std::time::Duration;

use blocklist::compiled::{Kind, ListSource, SourceRule, build, open};
use blocklist::{Preset, Reply, Rules, RulesBuilder};
use engine::{Batch, Config, Engine, Output, Timestamp, Upstream};
use wire::ip::{IpHeader, Protocol};
use wire::tcp::{Flags, Options, Segment, SeqNumber};
use wire::udp::UdpHeader;

use super::app::{App, Cache, Hears, Remembered};
use crate::PHONE_RESOLVER;
use crate::clock::START;
use crate::names::{A, AAAA, Message, question};
use crate::phone::PHONE_V4;

/// Milliseconds.
const HOUR: u64 = 3_600_000;

/// A refused name, and the address that stands in software for when names do not resolve.
const NAME: &str = "log.example";
const BUILT_IN: &str = "192.0.2.66";

/// A resolver library asks each of two servers twice before it gives up on REFUSED, as Android's does.
const TRIES: usize = 4;

/// How the firewall refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replies {
    /// The usual way, whatever happens.
    Usual,
    /// By what the app does with it.
    Chosen,
    /// As a rule says that has a reply of its own.
    Own(Reply),
}

impl Replies {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("usual reply only", Self::Usual),
        ("Hushwall", Self::Chosen),
        ("own: nodata", Self::Own(Reply::NoData { ttl: 10 })),
        ("own: nxdomain", Self::Own(Reply::NxDomain { ttl: 10 })),
        ("own: refused", Self::Own(Reply::Refused)),
    ];

    /// Whether it says how flows are refused.
    pub(super) const fn is_for_flows(self) -> bool {
        !matches!(self, Self::Own(_))
    }

    fn rules(self) -> Rules {
        let rule = |id, pattern, reply| SourceRule {
            id,
            pattern,
            subdomains: false,
            kind: Kind::Block(Preset::Balanced),
            what: "Refused.",
            reply,
        };
        let own = if let Self::Own(reply) = self {
            Some(reply)
        } else {
            None
        };
        let rules = [rule("t/name", NAME, own), rule("t/address", BUILT_IN, None)];
        let source = ListSource::Records {
            title: "t",
            rules: &rules,
            features: &[],
        };
        let list = open(build(&[source]).unwrap()).unwrap();
        RulesBuilder::new(Preset::None).compiled(list).unwrap().build()
    }
}

/// What an hour cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// On the TUN, both ways.
    pub(super) packets: u64,
    /// Turns of the engine.
    pub(super) wakeups: u64,
}

pub(super) struct Hour {
    engine: Engine,
    batch: Batch,
    /// Milliseconds since its beginning.
    now: u64,
    cost: Cost,
    remembered: Remembered,
    port: u16,
}

impl Hour {
    pub(super) fn new(replies: Replies) -> Self {
        let config = Config {
            storm_ttl: if replies == Replies::Chosen {
                Config::default().storm_ttl
            } else {
                0
            },
            ..Config::default()
        };
        let mut engine = Engine::new(config, replies.rules().into(), [7; 32]);
        let mut upstream = Upstream::default();
        upstream.resolvers.push(crate::RESOLVER);
        engine.set_upstream(upstream, START);
        Self {
            engine,
            batch: Batch::new(1_500),
            now: 0,
            cost: Cost::default(),
            remembered: Remembered::new(),
            port: 10_000,
        }
    }

    pub(super) fn play(mut self, app: &App) -> Cost {
        while self.now < HOUR {
            let mut hears = Hears::Zero;
            if app.asks {
                hears = self.resolve(app.cache);
            }
            if app.udp {
                hears = self.send_datagram();
            }
            if app.tcp {
                hears = self.connect();
            }
            self.pass((app.waits)(hears));
        }
        self.cost
    }

    /// Both families, side by side.
    fn resolve(&mut self, cache: Cache) -> Hears {
        let mut heard = Hears::Zero;
        for _ in 0..TRIES {
            let wanted = |kind: &u16| {
                let fresh = self.remembered.get(kind).filter(|(_, until)| *until > self.now);
                cache == Cache::None || fresh.is_none()
            };
            let kinds: Vec<u16> = [A, AAAA].into_iter().filter(wanted).collect();
            if kinds.is_empty() {
                return self.remembered.get(&A).map_or(heard, |(hears, _)| *hears);
            }
            let packets: Vec<Vec<u8>> = kinds.iter().map(|kind| self.ask(*kind)).collect();
            for (kind, reply) in kinds.iter().zip(self.exchange(&packets)) {
                let (hears, ttl) = read_reply(&reply);
                heard = hears;
                self.remembered.insert(*kind, (hears, self.now + ttl * 1_000));
            }
            if heard != Hears::Refused {
                break;
            }
        }
        heard
    }

    fn ask(&mut self, kind: u16) -> Vec<u8> {
        self.datagram(PHONE_RESOLVER, &question(1, NAME, kind))
    }

    fn send_datagram(&mut self) -> Hears {
        let packet = self.datagram(format!("{BUILT_IN}:8053").parse().unwrap(), b"data");
        read_refusal(&self.exchange(&[packet]))
    }

    fn connect(&mut self) -> Hears {
        let (app, server) = (self.source(), format!("{BUILT_IN}:443").parse().unwrap());
        let mut header = [0; wire::tcp::MAX_HEADER];
        let segment = Segment {
            src: app,
            dst: server,
            seq: SeqNumber(1),
            ack: SeqNumber(0),
            flags: Flags::SYN,
            window: 65_535,
            options: &Options::default(),
        };
        let len = wire::tcp::emit(&mut header, &segment, &[]);
        read_refusal(&self.exchange(&[header[..len].to_vec()]))
    }

    fn datagram(&mut self, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
        let mut header = [0; wire::udp::MAX_HEADER];
        let len = wire::udp::emit(&mut header, self.source(), to, payload);
        [&header[..len], payload].concat()
    }

    fn source(&mut self) -> SocketAddr {
        self.port = if self.port == 60_000 {
            10_001
        } else {
            self.port + 1
        };
        SocketAddr::new(PHONE_V4, self.port)
    }

    /// One turn with these packets; what comes back.
    fn exchange(&mut self, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let now = at(self.now);
        self.cost.wakeups += 1;
        self.engine.handle_timeout(now);
        self.batch.clear();
        for packet in packets {
            assert!(self.batch.push(packet));
        }
        self.engine.handle_batch(&self.batch, now);
        let mut replies = Vec::new();
        while let Some(output) = self.engine.poll_output(&self.batch) {
            match output {
                Output::WriteTun(pieces) => replies.push(pieces.to_vec()),
                Output::Event(_) | Output::CloseMapping(_) => {}
                other => panic!("refused, and yet {other:?}"),
            }
        }
        self.cost.packets += (packets.len() + replies.len()) as u64;
        replies
    }

    /// Time passes; the engine may have something to do meanwhile.
    fn pass(&mut self, millis: u64) {
        self.now += millis;
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due < at(self.now)) {
            self.cost.wakeups += 1;
            self.engine.handle_timeout(due + Duration::from_micros(1));
            while self.engine.poll_output(&self.batch).is_some() {}
        }
    }
}

fn at(millis: u64) -> Timestamp {
    START + Duration::from_millis(millis)
}

/// What a reply to a question means, and for how many seconds.
fn read_reply(packet: &[u8]) -> (Hears, u64) {
    let ip = IpHeader::parse(packet).unwrap();
    let udp = UdpHeader::parse(&packet[ip.payload.clone()]).unwrap();
    let bytes = &packet[ip.payload][udp.payload];
    let message = Message::parse(bytes).unwrap();
    // The last field of the SOA, which is the last record (RFC 2308 section 5).
    let negative = || {
        bytes
            .last_chunk()
            .map_or(0, |ttl| u64::from(u32::from_be_bytes(*ttl)))
    };
    match (message.rcode(), message.answers.first()) {
        (0, Some(record)) => (Hears::Zero, record.ttl.into()),
        (0, None) => (Hears::NoData, negative()),
        (3, _) => (Hears::NoName, negative()),
        _ => (Hears::Refused, 0),
    }
}

/// What came back for a flow.
fn read_refusal(replies: &[Vec<u8>]) -> Hears {
    let packet = replies.first().expect("a refusal");
    let ip = IpHeader::parse(packet).unwrap();
    let code = packet[ip.payload][1];
    match ip.protocol {
        // RFC 1812 section 5.2.7.1: communication administratively prohibited.
        Protocol::ICMP if code == 13 => Hears::Prohibited,
        _ => Hears::Reset,
    }
}
