//! An engine between the least possible phone and the least possible internet: what is counted is to be the engine's.

use std::hint::black_box;
use std::io::IoSliceMut;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Preset, RulesBuilder};
use engine::{AskId, Batch, Config, Engine, FlowId, MappingId, Output, Pieces, Pump, Timestamp, Upstream};
use wire::ip::IpHeader;
use wire::tcp::{self, Flags, Options, Segment, SeqNumber, TcpHeader};
use wire::udp;

/// The TUN's MTU.
const MTU: u16 = 1_500;

/// The phone, its engine, and what the internet has ready for it.
pub(crate) struct Phone {
    pub(crate) engine: Engine,
    batch: Batch,
    pub(crate) now: Timestamp,
    /// Bytes that the socket of the flow still has to give.
    pub(crate) waiting: usize,
    /// Whether the socket ends when it has given them.
    ended: bool,
    /// What the engine asked for last.
    pub(crate) dialed: Option<FlowId>,
    pub(crate) mapping: Option<MappingId>,
    pub(crate) asked: Option<(AskId, Vec<u8>)>,
    /// The sequence number behind the last segment that reached the phone.
    pub(crate) heard: SeqNumber,
    /// The app's port of the next flow.
    pub(crate) port: u16,
}

impl Phone {
    /// With the built-in list in force.
    pub(crate) fn new() -> Self {
        let rules = Arc::new(RulesBuilder::new(Preset::Balanced).build());
        let now = Timestamp::from_micros(1_000_000);
        let mut engine = Engine::new(Config::default(), rules, [7; 32]);
        let upstream = Upstream {
            resolvers: vec![SocketAddr::from(([192, 0, 2, 53], 53))],
            ..Upstream::default()
        };
        engine.set_upstream(upstream, now);
        Self {
            engine,
            batch: Batch::new(usize::from(MTU)),
            now,
            waiting: 0,
            ended: false,
            dialed: None,
            mapping: None,
            asked: None,
            heard: SeqNumber(0),
            port: 1_024,
        }
    }

    /// One turn of the loop with these packets.
    pub(crate) fn send<'a>(&mut self, packets: impl IntoIterator<Item = &'a [u8]>) {
        self.now = self.now + Duration::from_micros(100);
        self.batch.clear();
        for packet in packets {
            assert!(self.batch.push(packet), "a batch holds them");
        }
        self.engine.handle_timeout(self.now);
        self.engine.handle_batch(&self.batch, self.now);
        self.drain();
        black_box(self.engine.poll_timeout());
    }

    /// Does what the engine asks for.
    pub(crate) fn drain(&mut self) {
        let (now, batch) = (self.now, &self.batch);
        while let Some(output) = self.engine.poll_output(batch) {
            match output {
                Output::WriteTun(pieces) => self.heard = end_of(&pieces).unwrap_or(self.heard),
                Output::Dial { flow, .. } => self.dialed = Some(flow),
                Output::SendUpstream(flow) => self.engine.send_upstream(flow, batch, now, |pieces| {
                    Pump::Moved(pieces.iter().map(|piece| piece.len()).sum())
                }),
                Output::RecvUpstream(flow) => {
                    let (waiting, ended) = (&mut self.waiting, self.ended);
                    self.engine
                        .recv_upstream(flow, now, |pieces| read(waiting, ended, pieces));
                }
                Output::SendDatagrams { mapping, run, .. } => {
                    self.mapping = Some(mapping);
                    run.iter().for_each(|payload| _ = black_box(payload));
                }
                Output::Ask { ask, message, .. } => self.asked = Some((ask, message)),
                other => _ = black_box(other),
            }
        }
    }

    /// The server's side of the flow says so many bytes more.
    pub(crate) fn answer(&mut self, flow: FlowId, bytes: usize) {
        self.waiting += bytes;
        self.engine.handle_readable(flow, false, self.now);
        self.drain();
    }

    /// The server has said all: its socket ends.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.drain();
        self.ended = false;
    }

    /// The flow's dial has succeeded.
    pub(crate) fn connect(&mut self) -> FlowId {
        let flow = self.dialed.take().expect("a dial");
        self.engine.handle_dialed(flow, Ok(()), self.now);
        self.drain();
        flow
    }
}

fn read(waiting: &mut usize, ended: bool, pieces: &[IoSliceMut<'_>]) -> Pump {
    let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
    let moved = offered.min(*waiting);
    *waiting -= moved;
    match moved {
        0 if ended => Pump::Eof,
        0 => Pump::Full,
        moved => Pump::Moved(moved),
    }
}

/// The sequence number behind a segment; `None` for another packet.
fn end_of(pieces: &Pieces<'_>) -> Option<SeqNumber> {
    let (first, body) = pieces.as_slices().split_first()?;
    // Six are TCP's number.
    if first.get(9) != Some(&6) {
        return None;
    }
    let header = first.get(20..)?;
    let segment = TcpHeader::parse(header).ok()?;
    let body: usize = body.iter().map(|piece| piece.len()).sum();
    let control = segment.flags.contains(Flags::SYN) || segment.flags.contains(Flags::FIN);
    Some(segment.seq + body + segment.payload.len() + usize::from(control))
}

/// One TCP flow as the app's kernel sees it; its packets are made once and numbered at each use.
pub(crate) struct App {
    app: SocketAddr,
    server: SocketAddr,
    pub(crate) seq: SeqNumber,
}

impl App {
    pub(crate) fn new(phone: &mut Phone, port: u16) -> Self {
        phone.port = phone.port.checked_add(1).unwrap_or(1_024);
        Self {
            app: ([10, 0, 0, 2], phone.port).into(),
            server: ([192, 0, 2, 7], port).into(),
            seq: SeqNumber(1_000),
        }
    }

    pub(crate) fn packet(&self, flags: Flags, ack: SeqNumber, payload: &[u8]) -> Vec<u8> {
        let offer = Options {
            mss: Some(1_460),
            window_scale: Some(7),
            sack_permitted: true,
            ..Options::default()
        };
        let options = if flags == Flags::SYN {
            offer
        } else {
            Options::default()
        };
        let segment = Segment {
            src: self.app,
            dst: self.server,
            seq: self.seq,
            ack,
            flags,
            window: 8_192,
            options: &options,
        };
        let mut header = [0; tcp::MAX_HEADER];
        let len = tcp::emit(&mut header, &segment, &[payload]);
        [&header[..len], payload].concat()
    }

    /// Shakes hands where the server is dialled at the SYN.
    pub(crate) fn open(phone: &mut Phone, port: u16) -> (Self, FlowId) {
        let mut app = Self::new(phone, port);
        phone.send([app.packet(Flags::SYN, SeqNumber(0), &[]).as_slice()]);
        app.seq += 1;
        let flow = phone.connect();
        phone.send([app.packet(Flags::ACK, phone.heard, &[]).as_slice()]);
        (app, flow)
    }
}

/// Numbers a packet without options of [`App::packet`] anew. Nobody verifies its checksum.
pub(crate) fn renumber(packet: &mut [u8], seq: SeqNumber, ack: SeqNumber) {
    packet[24..28].copy_from_slice(&seq.0.to_be_bytes());
    packet[28..32].copy_from_slice(&ack.0.to_be_bytes());
}

/// A datagram of the app.
pub(crate) fn datagram(port: u16, server: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; udp::MAX_HEADER];
    let app = SocketAddr::from(([10, 0, 0, 2], port));
    let len = udp::emit(&mut header, app, server, payload);
    let packet = [&header[..len], payload].concat();
    assert!(IpHeader::parse(&packet).is_ok(), "a sound packet");
    packet
}
