//! The engine and the world around it: a network that takes everything, and a record of what it was given.

use std::collections::HashMap;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Action, Preset, RulesBuilder};
use engine::{Batch, Config, Engine, Event, FlowId, Output, Pump, Timestamp, VerdictEvent};
use wire::ip::IpHeader;
use wire::tcp::{Flags, TcpHeader};

/// What is blocked, with all that is beneath it.
pub(super) const BLOCKED: &str = "ads.example";

/// An engine, and what left it.
pub(super) struct Network {
    engine: Engine,
    batch: Batch,
    began: Timestamp,
    now: Timestamp,
    dialled: HashMap<FlowId, SocketAddr>,
    /// The bytes of each TCP flow that went on, by its server.
    pub(super) streams: HashMap<SocketAddr, Vec<u8>>,
    /// The datagrams that went on.
    pub(super) datagrams: Vec<(SocketAddr, Vec<u8>)>,
    /// Questions that went to a resolver.
    pub(super) asked: Vec<Vec<u8>>,
    /// What was decided.
    pub(super) verdicts: Vec<VerdictEvent>,
    /// The sequence number of each server's SYN-ACK.
    pub(super) opened: HashMap<SocketAddr, i32>,
}

impl Network {
    pub(super) fn new() -> Self {
        let rules = RulesBuilder::new(Preset::None).block(BLOCKED).unwrap();
        let began = Timestamp::from_micros(1_000_000);
        Self {
            engine: Engine::new(Config::default(), Arc::new(rules.build()), [7; 32]),
            batch: Batch::new(9_000),
            began,
            now: began,
            dialled: HashMap::new(),
            streams: HashMap::new(),
            datagrams: Vec::new(),
            asked: Vec::new(),
            verdicts: Vec::new(),
            opened: HashMap::new(),
        }
    }

    /// A packet of the phone.
    pub(super) fn carry(&mut self, packet: &[u8]) {
        self.batch.clear();
        assert!(self.batch.push(packet));
        self.engine.handle_batch(&self.batch, self.now);
        self.drain();
    }

    /// Time goes on.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.batch.clear();
        self.engine.handle_timeout(self.now);
        self.drain();
    }

    /// The time since the beginning.
    pub(super) fn passed(&self) -> Duration {
        self.now.since(self.began)
    }

    /// Whether a verdict on `remote` blocked it.
    pub(super) fn has_blocked(&self, remote: SocketAddr) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|verdict| verdict.remote == remote && verdict.action == Action::Block)
    }

    fn drain(&mut self) {
        let mut turns = 0;
        loop {
            let (mut dialled, mut pumped) = (None, None);
            match self.engine.poll_output(&self.batch) {
                None => return,
                Some(Output::Dial { flow, to }) => dialled = Some((flow, to)),
                Some(Output::SendUpstream(flow)) => pumped = Some((flow, true)),
                Some(Output::RecvUpstream(flow)) => pumped = Some((flow, false)),
                Some(Output::SendDatagrams { to, run, .. }) => {
                    self.datagrams
                        .extend(run.iter().map(|payload| (to, payload.to_vec())));
                }
                Some(Output::Ask { message, .. }) => self.asked.push(message),
                Some(Output::Event(Event::Verdict(verdict))) => self.verdicts.push(verdict),
                Some(Output::WriteTun(pieces)) => note(&pieces.to_vec(), &mut self.opened),
                Some(_) => {}
            }
            if let Some((flow, to)) = dialled {
                self.dialled.insert(flow, to);
                self.engine.handle_dialed(flow, Ok(()), self.now);
            }
            match pumped {
                Some((flow, true)) => self.take(flow),
                Some((flow, false)) => self.engine.recv_upstream(flow, self.now, |_| Pump::Full),
                None => {}
            }
            turns += 1;
            assert!(turns < 10_000, "it never has done all");
        }
    }

    /// Takes all that the flow has to send, in writes of at most 700 bytes: after a short one the socket is said to be ready.
    fn take(&mut self, flow: FlowId) {
        let to = self.dialled[&flow];
        let stream = self.streams.entry(to).or_default();
        let mut short = false;
        let write = |pieces: &[IoSlice<'_>]| {
            let (offered, before) = (pieces.iter().map(|piece| piece.len()).sum(), stream.len());
            stream.extend(pieces.iter().flat_map(|piece| piece.iter()).take(700));
            let moved: usize = stream.len() - before;
            short |= moved < offered;
            Pump::Moved(moved)
        };
        self.engine.send_upstream(flow, &self.batch, self.now, write);
        if short {
            self.engine.handle_writable(flow, self.now);
        }
    }
}

/// What is written to the device is a packet; that of a SYN-ACK tells the server's number.
fn note(packet: &[u8], opened: &mut HashMap<SocketAddr, i32>) {
    let ip = IpHeader::parse(packet).unwrap();
    if ip.protocol != wire::ip::Protocol::TCP {
        return;
    }
    let tcp = TcpHeader::parse(&packet[ip.payload.clone()]).unwrap();
    if tcp.flags.contains(Flags::SYN) && tcp.flags.contains(Flags::ACK) {
        opened.insert(SocketAddr::new(ip.src, tcp.src_port), tcp.seq.0);
    }
}
