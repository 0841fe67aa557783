//! One phone, one engine, one internet, and the time that passes between.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::Rules;
use engine::{Batch, Config, Engine, Event, FlowId, Output, Timestamp, Upstream};

use crate::clock::{Dice, START};
use crate::disguise::Disguise;
use crate::gauge::{inside, outside};
use crate::internet::{Internet, News};
use crate::link::{Lane, Weather};
use crate::names::Message;
use crate::packet::Packet;
use crate::phone::Phone;
use crate::record::{Record, Sent, SentDatagram};
use crate::referee::{Referee, brief};

mod story;

/// How a world is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Names the run.
    pub seed: u64,
    /// The engine's settings.
    pub config: Config,
    /// The network.
    pub upstream: Upstream,
    /// Phone to engine.
    pub up: Weather,
    /// Engine to phone.
    pub down: Weather,
    /// Packets that the TUN holds for the engine.
    pub queue: usize,
    /// Time of one turn of the engine.
    pub turn: Duration,
    /// What is changed between phone and link.
    pub disguise: Disguise,
    /// The sockets say "readable" and "writable" more often than they must.
    pub chatty: bool,
    /// Writes to the TUN that it refuses for want of memory, in parts of a thousand.
    pub tun_full: u32,
}

impl Setup {
    /// Fair weather.
    pub fn new(seed: u64) -> Self {
        let mut upstream = Upstream::default();
        upstream.resolvers.push(RESOLVER);
        Self {
            seed,
            config: Config::default(),
            upstream,
            up: Weather::FAIR,
            down: Weather::FAIR,
            queue: 500,
            turn: Duration::from_micros(20),
            disguise: Disguise::default(),
            chatty: false,
            tun_full: 0,
        }
    }

    /// The same weather both ways.
    #[must_use]
    pub const fn weather(mut self, weather: Weather) -> Self {
        self.up = weather;
        self.down = weather;
        self
    }

    /// With this MTU.
    #[must_use]
    pub const fn mtu(mut self, mtu: u16) -> Self {
        self.config.mtu = mtu;
        self
    }
}

/// The upstream resolver.
pub const RESOLVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(9, 9, 9, 9)), 53);

/// Everything.
#[derive(Debug)]
pub struct World {
    /// Names the run, for messages.
    pub seed: u64,
    /// What time it is.
    pub now: Timestamp,
    /// The phone.
    pub phone: Phone,
    /// Phone to engine.
    pub up: Lane,
    /// Engine to phone.
    pub down: Lane,
    /// What is changed between phone and link.
    pub disguise: Disguise,
    /// The machine under test.
    pub engine: Engine,
    /// The network.
    pub internet: Internet,
    /// What left the engine.
    pub record: Record,
    /// Watches the packets.
    pub referee: Referee,
    /// Turns of the engine so far.
    pub turns: u64,
    batch: Batch,
    turn: Duration,
    ready: Timestamp,
    chatty: bool,
    tun_full: u32,
    dice: Dice,
}

/// What one output asks for, without its borrow.
enum Work {
    None,
    TunFull,
    Send(FlowId),
    Receive(FlowId),
}

impl World {
    /// Makes one.
    pub fn new(setup: Setup, rules: Rules) -> Self {
        let Setup {
            seed,
            config,
            upstream,
            up,
            down,
            queue,
            turn,
            disguise,
            chatty,
            tun_full,
        } = setup;
        let mut dice = Dice::new(seed);
        let mtu = usize::from(config.mtu);
        let largest = config.segment_cap.max(mtu);
        let latency = Duration::from_micros(10);
        let mut engine = inside(|| Engine::new(config, Arc::new(rules), dice.key()));
        inside(|| engine.set_upstream(upstream, START));
        let mut world = Self {
            seed,
            now: START,
            phone: Phone::new(mtu, dice.number(), START),
            up: Lane::new(up, queue, latency, dice.number()),
            down: Lane::new(down, usize::MAX, latency, dice.number()),
            disguise,
            engine,
            internet: Internet::new(dice.number()),
            record: Record::default(),
            referee: Referee::new(largest),
            turns: 0,
            batch: Batch::new(mtu),
            turn,
            ready: START,
            chatty,
            tun_full,
            dice,
        };
        world.drain();
        world
    }

    /// A world without weather.
    pub fn fair(seed: u64, rules: Rules) -> Self {
        Self::new(Setup::new(seed), rules)
    }

    /// When something happens next.
    pub fn due(&mut self) -> Option<Timestamp> {
        let engine = [self.engine.poll_timeout(), self.up.due(), self.internet.due()];
        let engine = engine.into_iter().flatten().min().map(|at| at.max(self.ready));
        let phone = [self.phone.poll_timeout(self.now), self.down.due()];
        phone.into_iter().flatten().chain(engine).min()
    }

    /// The next event, if it comes before `deadline`; else the time is `deadline` and the answer false.
    pub fn step(&mut self, deadline: Timestamp) -> bool {
        let Some(next) = self.due().filter(|next| *next <= deadline) else {
            self.now = self.now.max(deadline);
            return false;
        };
        self.now = self.now.max(next);
        self.turn_phone();
        if self.now >= self.ready {
            self.turn_engine();
        }
        true
    }

    /// Lets so much time pass.
    pub fn run_for(&mut self, time: Duration) {
        let deadline = self.now + time;
        while self.step(deadline) {}
    }

    /// Runs until `done`, or for `limit`; says whether it was done.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let deadline = self.now + limit;
        while !done(self) {
            if !self.step(deadline) {
                return done(self);
            }
        }
        true
    }

    fn turn_phone(&mut self) {
        while let Some(packet) = self.down.pop(self.now) {
            let packet = self.disguise.down(packet);
            self.phone.receive(packet, self.now);
        }
        self.phone.turn(self.now);
        while let Some(packet) = self.phone.transmit() {
            let packet = self.disguise.up(packet);
            self.up.push(packet, self.now);
        }
    }

    /// One turn of the engine's loop, in the order of its documentation.
    fn turn_engine(&mut self) {
        self.turns += 1;
        self.ready = self.now + self.turn;
        let now = self.now;
        inside(|| self.engine.handle_timeout(now));
        while let Some(news) = self.internet.pop(now) {
            self.tell(news);
        }
        self.chat();
        self.batch.clear();
        while !self.batch.is_full() {
            let Some(packet) = self.up.pop(now) else { break };
            self.referee.see_up(&packet);
            if let Ok(Packet::Tcp(segment)) = Packet::parse(&packet) {
                self.record
                    .note(now, || format!("up    {}", brief(&segment)), &[]);
            }
            assert!(
                self.batch.push(&packet),
                "a packet of {} bytes is longer than the MTU",
                packet.len()
            );
        }
        inside(|| self.engine.handle_batch(&self.batch, now));
        self.drain();
    }

    /// Level-triggered sockets, and those that share an event, say more than the edges.
    fn chat(&mut self) {
        if !self.chatty || self.internet.streams.is_empty() || !self.dice.permille(100) {
            return;
        }
        let no = self.dice.below(self.internet.streams.len() as u64) as usize;
        let (stream, now) = (&self.internet.streams[no], self.now);
        if stream.open && stream.closed.is_none() {
            let flow = stream.flow;
            inside(|| self.engine.handle_readable(flow, false, now));
            inside(|| self.engine.handle_writable(flow, now));
        }
    }

    fn tell(&mut self, news: News) {
        let (now, engine) = (self.now, &mut self.engine);
        self.record
            .note(now, || format!("news  {}", brief_news(&news)), &[]);
        inside(|| match &news {
            News::Dialed(flow, outcome) => engine.handle_dialed(*flow, *outcome, now),
            News::Readable(flow, closed) => engine.handle_readable(*flow, *closed, now),
            News::Writable(flow) => engine.handle_writable(*flow, now),
            News::Datagram(mapping, from, payload) => {
                engine.handle_datagrams(*mapping, *from, payload, payload.len(), now);
            }
            News::DatagramFailed(mapping, to, cause) => {
                engine.handle_datagram_failed(*mapping, *to, *cause, now);
            }
            News::EchoReply(echo, seq, payload) => engine.handle_echo_reply(*echo, *seq, payload, now),
            News::EchoFailed(echo, cause) => engine.handle_echo_failed(*echo, *cause, now),
            News::Answer(ask, message) => engine.handle_answer(*ask, message, now),
            News::AskFailed(ask) => engine.handle_ask_failed(*ask, now),
            News::Owner(question, owner) => engine.handle_owner(*question, *owner, now),
            News::Server(_) => {}
        });
    }

    /// Drains the outputs, as after every input. Tests that give commands call it after each.
    pub fn drain(&mut self) {
        for _ in 0..100_000 {
            let Some(work) = self.output() else { return };
            match work {
                Work::None => {}
                Work::TunFull => {
                    let now = self.now;
                    inside(|| self.engine.handle_tun_full(now));
                }
                Work::Send(flow) => self.send_upstream(flow),
                Work::Receive(flow) => self.recv_upstream(flow),
            }
        }
        panic!(
            "seed {}: the outputs of one turn do not end:\n{}",
            self.seed,
            self.story()
        );
    }

    fn output(&mut self) -> Option<Work> {
        let (now, record, internet) = (self.now, &mut self.record, &mut self.internet);
        match inside(|| self.engine.poll_output(&self.batch))? {
            Output::WriteTun(pieces) => {
                let packet = pieces.to_vec();
                let words = || match Packet::parse(&packet) {
                    Ok(Packet::Tcp(segment)) => format!("down  {}", brief(&segment)),
                    _ => format!("down  {} bytes", packet.len()),
                };
                record.note(now, words, &packet);
                record.packets_down += 1;
                if let Err(why) = self.referee.see_down(&packet) {
                    panic!("seed {}: {why}\n{}", self.seed, self.story());
                }
                // Small packets always find memory.
                if packet.len() > 2_000 && self.dice.permille(self.tun_full) {
                    return Some(Work::TunFull);
                }
                self.down.push(packet, now);
            }
            Output::Dial { flow, to } => {
                record.note(now, || format!("dial  {flow:?} {to}"), &[]);
                record.dials.push((now, flow, to));
                record.sent.insert(
                    flow,
                    Sent {
                        to,
                        bytes: 0,
                        head: Vec::new(),
                    },
                );
                internet.dial(flow, to, now);
            }
            Output::SendUpstream(flow) => return Some(Work::Send(flow)),
            Output::RecvUpstream(flow) => return Some(Work::Receive(flow)),
            Output::ShutdownUpstream(flow) => {
                record.note(now, || format!("shut  {flow:?}"), &[]);
                let stream = internet.stream_mut(flow).expect("a socket to shut down");
                assert!(
                    stream.open && !stream.shut,
                    "a second shutdown, or one before the connect"
                );
                stream.shut = true;
                internet.stir(flow, now);
            }
            Output::CloseUpstream { flow, reset } => {
                record.note(now, || format!("close {flow:?} reset {reset}"), &[]);
                let stream = internet.stream_mut(flow).expect("a socket to close");
                assert!(stream.closed.is_none(), "a second close");
                // A kernel answers bytes that nobody read with a RST.
                stream.closed = Some(reset || stream.waiting() > 0);
                record.closes.push((flow, reset));
                internet.stir(flow, now);
            }
            Output::Keepalive { flow, interval } => record.keepalives.push((flow, interval)),
            Output::LowWater { flow, bytes } => {
                record.note(now, || format!("mark  {flow:?} {bytes}"), &[]);
                // What waits already is told of by newer kernels only.
                internet.stream_mut(flow).expect("a socket to mark").low_water = bytes as usize;
                record.low_waters.push((now, bytes));
            }
            Output::SendDatagrams {
                mapping,
                to,
                run,
                may_fragment,
            } => {
                let lens: Vec<usize> = run.iter().map(<[u8]>::len).collect();
                let (first, last) = (lens[0], lens[lens.len() - 1]);
                let are_equal = lens[..lens.len() - 1].iter().all(|len| *len == first);
                assert!(
                    are_equal && (1..=first).contains(&last) || lens.len() == 1,
                    "no run: {lens:?}"
                );
                for payload in run.iter() {
                    record.note(
                        now,
                        || format!("udp   {mapping:?} {to} {}", payload.len()),
                        payload,
                    );
                    let payload = payload.to_vec();
                    internet.datagram(mapping, to, &payload, now);
                    record.datagrams.push(SentDatagram {
                        mapping,
                        to,
                        payload,
                        may_fragment,
                    });
                }
            }
            Output::CloseMapping(mapping) => {
                record.note(now, || format!("unmap {mapping:?}"), &[]);
                record.closed_mappings.push(mapping);
            }
            Output::SendEcho {
                echo,
                to,
                seq,
                payload,
            } => {
                record.note(now, || format!("ping  {echo:?} {to} {seq}"), payload);
                record.echoes.push((echo, to, seq));
                internet.ping(echo, to, seq, payload, now);
            }
            Output::CloseEcho(echo) => record.note(now, || format!("unping {echo:?}"), &[]),
            Output::Ask { ask, message, tcp } => {
                record.note(now, || format!("ask   {ask:?} tcp {tcp}"), &message);
                let asked = Message::parse(&message).expect("the engine asks a question");
                record.asks.push((now, asked));
                record.tcp_asks += u64::from(tcp);
                internet.ask(ask, &message, now);
            }
            Output::WhoOwns {
                question,
                app,
                remote,
                ..
            } => {
                record.note(now, || format!("owner {question:?} {app} {remote}"), &[]);
                record.owners_asked.push((question, app, remote));
                internet.who_owns(question, app, now);
            }
            Output::Event(Event::Verdict(verdict)) => {
                record.note(now, || format!("{:?} {:?}", verdict.action, verdict.reason), &[]);
                record.verdicts.push(verdict);
            }
            Output::Event(_) => {}
        }
        Some(Work::None)
    }

    fn send_upstream(&mut self, flow: FlowId) {
        let (now, record) = (self.now, &mut self.record);
        let Some(stream) = self.internet.stream_mut(flow) else {
            panic!("a send without a socket")
        };
        let mut total = 0;
        inside(|| {
            self.engine.send_upstream(flow, &self.batch, now, |pieces| {
                outside(|| {
                    let sent = record.sent.get_mut(&flow).expect("dialled");
                    let pump = stream.write(pieces, |bytes| {
                        sent.bytes += bytes.len() as u64;
                        total += bytes.len();
                        let room = 4096_usize.saturating_sub(sent.head.len());
                        sent.head.extend(&bytes[..bytes.len().min(room)]);
                    });
                    record.note(now, || format!("send  {flow:?} {pump:?}"), &[]);
                    pump
                })
            });
        });
        if total > 0 {
            self.internet.stir(flow, now);
        }
    }

    fn recv_upstream(&mut self, flow: FlowId) {
        let (now, record) = (self.now, &mut self.record);
        let Some(stream) = self.internet.stream_mut(flow) else {
            panic!("a read without a socket")
        };
        let mut moved = false;
        inside(|| {
            self.engine.recv_upstream(flow, now, |pieces| {
                outside(|| {
                    let pump = stream.read(pieces);
                    record.reads += 1;
                    moved |= matches!(pump, engine::Pump::Moved(_));
                    record.note(now, || format!("recv  {flow:?} {pump:?}"), &[]);
                    pump
                })
            });
        });
        if moved {
            self.internet.stir(flow, now);
        }
    }
}

fn brief_news(news: &News) -> String {
    match news {
        News::Datagram(mapping, from, payload) => format!("{mapping:?} from {from}: {} bytes", payload.len()),
        News::Answer(ask, message) => format!("{ask:?}: answer of {} bytes", message.len()),
        other => format!("{other:?}"),
    }
}
