//! The engine: one struct, four kinds of methods.

use std::io::{IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::sync::Arc;

use blocklist::{AppId, Rules};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wire::icmp::Unreachable;
use wire::ip::IpHeader;
use wire::tcp::TcpHeader;
use wire::udp::UdpHeader;

use crate::chunk::ChunkQueue;
use crate::context::{self, Errors};
use crate::dns::{self, Asker, Dns};
use crate::fragment::Reassembly;
use crate::icmp::Icmp;
use crate::memory::Memory;
use crate::outbox::{Command, Outbox};
use crate::packet::{Class, Packet, classify};
use crate::storm::{Asked, Storms};
use crate::tcp::{self, Arrival, Next, Tcp};
use crate::timer::earlier;
use crate::udp::Udp;
use crate::{
    AskId, Batch, Choices, Config, Discard, EchoId, Event, Failure, FlowId, MappingId, Output, OwnerQuestion,
    Pieces, Pump, Slice, Stats, Timestamp, Upstream,
};

const DNS_PORT: u16 = 53;

/// The firewall and its network stack.
///
/// One turn of the caller's loop:
///
/// 1. wait until a descriptor is ready or [`Self::poll_timeout`] is due; read the clock once;
/// 2. [`Self::handle_timeout`];
/// 3. [`Self::handle_readable`], [`Self::handle_writable`], [`Self::handle_dialed`] ... for what the sockets say;
/// 4. read the TUN into a [`Batch`] and pass it to [`Self::handle_batch`];
/// 5. drain [`Self::poll_output`] with that batch until it is `None`, before the batch is reused.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    rules: Arc<Rules>,
    upstream: Upstream,
    memory: Memory,
    outbox: Outbox,
    stats: Stats,
    storms: Storms,
    dns: Dns,
    tcp: Tcp,
    udp: Udp,
    icmp: Icmp,
    fragments: Reassembly,
    /// Answers to packets of protocols that are not carried.
    errors: Errors,
}

/// The splice beside the context that borrows the rest of the engine.
macro_rules! tcp {
    ($engine:ident, $now:expr) => {
        (
            &mut $engine.tcp,
            tcp::Context {
                config: &$engine.config,
                rules: &$engine.rules,
                memory: &mut $engine.memory,
                upstream: &$engine.upstream,
                dns: &mut $engine.dns,
                outbox: &mut $engine.outbox,
                stats: &mut $engine.stats,
                storms: &mut $engine.storms,
                now: $now,
            },
        )
    };
}

/// A datagram service beside its context.
macro_rules! datagram {
    ($engine:ident, $service:ident, $now:expr) => {
        (
            &mut $engine.$service,
            context::Context {
                config: &$engine.config,
                rules: &$engine.rules,
                memory: &$engine.memory,
                upstream: &$engine.upstream,
                outbox: &mut $engine.outbox,
                stats: &mut $engine.stats,
                storms: &mut $engine.storms,
                now: $now,
            },
        )
    };
}

/// The DNS service beside its context.
macro_rules! dns {
    ($engine:ident, $now:expr) => {
        (
            &mut $engine.dns,
            dns::Context {
                config: &$engine.config,
                rules: &$engine.rules,
                memory: &mut $engine.memory,
                upstream: &$engine.upstream,
                outbox: &mut $engine.outbox,
                stats: &mut $engine.stats,
                storms: &mut $engine.storms,
                now: $now,
            },
        )
    };
}

impl Engine {
    /// A new session. `seed` feeds every random choice.
    pub fn new(config: Config, rules: Arc<Rules>, seed: [u8; 32]) -> Self {
        let mut random = ChaCha8Rng::from_seed(seed);
        Self {
            dns: Dns::new(random.next_u64()),
            udp: Udp::new(random.next_u64()),
            icmp: Icmp::new(random.next_u64()),
            fragments: Reassembly::default(),
            errors: Errors::default(),
            tcp: Tcp::new(&config, random),
            config,
            rules,
            upstream: Upstream::default(),
            memory: Memory::default(),
            outbox: Outbox::default(),
            stats: Stats::default(),
            storms: Storms::default(),
        }
    }

    // Inputs.

    /// Takes the packets of one wake-up. Never fails: what is bad is counted.
    pub fn handle_batch(&mut self, batch: &Batch, now: Timestamp) {
        self.tcp.begin_batch(batch);
        for &slice in batch.packets() {
            self.stats.packets_in += 1;
            self.handle_packet(batch.bytes(slice), Some(slice), batch, now);
        }
        self.deliver_local_replies(now);
    }

    fn handle_packet(&mut self, bytes: &[u8], slice: Option<Slice>, batch: &Batch, now: Timestamp) {
        let Ok(ip) = IpHeader::parse(bytes) else {
            self.stats.discard(Discard::MalformedIp);
            return;
        };
        let packet = Packet {
            ip: &ip,
            bytes,
            slice,
        };
        match classify(&ip) {
            Class::Tcp => self.handle_tcp(packet, batch, now),
            Class::Udp => self.handle_udp(packet, now),
            Class::Icmp => {
                let (icmp, mut cx) = datagram!(self, icmp, now);
                icmp.handle_packet(&packet, &mut cx);
            }
            Class::Fragment => self.handle_fragment(packet, batch, now),
            Class::Discard(why) => self.discard(packet, why, now),
        }
    }

    /// Counts a packet that is not carried; the sender of a foreign protocol is told.
    fn discard(&mut self, packet: Packet<'_>, why: Discard, now: Timestamp) {
        self.stats.discard(why);
        if why == Discard::Protocol {
            let (errors, mut cx) = datagram!(self, errors, now);
            errors.tell(Unreachable::Protocol, packet.ip.dst, packet.bytes, &mut cx);
        }
    }

    fn handle_tcp(&mut self, packet: Packet<'_>, batch: &Batch, now: Timestamp) {
        let segment = packet.payload();
        let Ok(header) = TcpHeader::parse(segment) else {
            self.stats.discard(Discard::MalformedTransport);
            return;
        };
        let (app, remote) = (packet.app(header.src_port), packet.remote(header.dst_port));
        let arrival = Arrival {
            header: &header,
            segment,
            slice: packet.payload_slice(),
        };
        let (tcp, mut cx) = tcp!(self, now);
        tcp.handle_segment(app, remote, arrival, batch, &mut cx);
    }

    fn handle_udp(&mut self, packet: Packet<'_>, now: Timestamp) {
        let datagram = packet.payload();
        if let Ok(header) = UdpHeader::parse(datagram)
            && header.dst_port == DNS_PORT
        {
            let (app, server) = (packet.app(header.src_port), packet.remote(DNS_PORT));
            let question = datagram.get(header.payload).unwrap_or_default();
            let (dns, mut cx) = dns!(self, now);
            dns.handle_question(Asker::Udp { app, server }, question, &mut cx);
            return;
        }
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.handle_packet(&packet, &mut cx);
    }

    fn handle_fragment(&mut self, packet: Packet<'_>, batch: &Batch, now: Timestamp) {
        if let Some(whole) = self.fragments.handle_fragment(packet.ip, packet.bytes, now) {
            self.handle_packet(&whole, None, batch, now);
        }
        self.stats.discarded[Discard::Fragment as usize] += self.fragments.take_discarded();
    }

    /// Time has passed. Call it once a turn, first.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.begin_turn(now);
        tcp.handle_timeout(&mut cx);
        self.dns.handle_timeout(now);
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.handle_timeout(&mut cx);
        let (icmp, mut cx) = datagram!(self, icmp, now);
        icmp.handle_timeout(&mut cx);
        self.fragments.handle_timeout(now);
        self.outbox.handle_timeout(now);
        self.deliver_local_replies(now);
    }

    /// A dial ended.
    pub fn handle_dialed(&mut self, flow: FlowId, outcome: Result<(), Failure>, now: Timestamp) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.handle_dialed(flow, outcome, &mut cx);
    }

    /// The flow's socket has something to read; `closed` if it also says that the far end has finished or failed.
    pub fn handle_readable(&mut self, flow: FlowId, closed: bool, now: Timestamp) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.handle_readable(flow, closed, &mut cx);
    }

    /// The flow's socket takes bytes again.
    pub fn handle_writable(&mut self, flow: FlowId, now: Timestamp) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.handle_writable(flow, &mut cx);
    }

    /// Datagrams of one sender came to the mapping's socket. They lie end to end in `payload`, each `segment` bytes long
    /// but the last, which may be shorter.
    pub fn handle_datagrams(
        &mut self,
        mapping: MappingId,
        from: SocketAddr,
        payload: &[u8],
        segment: usize,
        now: Timestamp,
    ) {
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.handle_datagrams(mapping, from, payload, segment, &mut cx);
    }

    /// An ICMP error came for a datagram from the mapping's socket to `to`.
    pub fn handle_datagram_failed(
        &mut self,
        mapping: MappingId,
        to: SocketAddr,
        cause: Unreachable,
        now: Timestamp,
    ) {
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.handle_datagram_failed(mapping, to, cause, &mut cx);
    }

    /// An echo reply came.
    pub fn handle_echo_reply(&mut self, echo: EchoId, seq: u16, payload: &[u8], now: Timestamp) {
        let (icmp, mut cx) = datagram!(self, icmp, now);
        icmp.handle_reply(echo, seq, payload, &mut cx);
    }

    /// An ICMP error came for an echo request.
    pub fn handle_echo_failed(&mut self, echo: EchoId, cause: Unreachable, now: Timestamp) {
        let (icmp, mut cx) = datagram!(self, icmp, now);
        icmp.handle_failed(echo, cause, &mut cx);
    }

    /// A resolver answered.
    pub fn handle_answer(&mut self, ask: AskId, message: &[u8], now: Timestamp) {
        let (dns, mut cx) = dns!(self, now);
        dns.handle_answer(ask, message, &mut cx);
        self.deliver_local_replies(now);
    }

    /// No resolver answered.
    pub fn handle_ask_failed(&mut self, ask: AskId, now: Timestamp) {
        let (dns, mut cx) = dns!(self, now);
        dns.handle_ask_failed(ask, &mut cx);
        self.deliver_local_replies(now);
    }

    /// The answer to [`Output::WhoOwns`]; `None` if nobody knows.
    pub fn handle_owner(&mut self, question: OwnerQuestion, owner: Option<AppId>, now: Timestamp) {
        match question {
            OwnerQuestion::Refusal(refusal) => self.outbox.handle_owner(refusal, owner),
            OwnerQuestion::Datagrams(wait) => {
                let (udp, mut cx) = datagram!(self, udp, now);
                udp.handle_owner(wait, owner, &mut cx);
            }
            OwnerQuestion::Flow(flow) => {
                let (tcp, mut cx) = tcp!(self, now);
                tcp.handle_owner(flow, owner, &mut cx);
            }
        }
    }

    /// The TUN refused the packet that [`Self::poll_output`] gave out last (ENOBUFS, ENOMEM).
    pub fn handle_tun_full(&mut self, now: Timestamp) {
        self.tcp.handle_tun_full(now, self.config.mtu);
    }

    /// Answers to questions that came over TCP go down their flows.
    fn deliver_local_replies(&mut self, now: Timestamp) {
        while let Some((flow, message)) = self.dns.poll_tcp_reply() {
            let (tcp, mut cx) = tcp!(self, now);
            tcp.handle_local_reply(flow, &message, &mut cx);
        }
    }

    // Commands.

    /// Says what the network of the moment offers. Flows of a family that has no route now are reset.
    pub fn set_upstream(&mut self, upstream: Upstream, now: Timestamp) {
        self.memory.set_nat64_prefix(upstream.nat64_prefix);
        self.upstream = upstream;
        let (tcp, mut cx) = tcp!(self, now);
        tcp.upstream_changed(&mut cx);
    }

    /// The network is another one: flows of the lost one are reset, sockets are recreated.
    pub fn network_changed(&mut self, now: Timestamp) {
        let (dns, mut cx) = dns!(self, now);
        dns.reset(&mut cx);
        let (tcp, mut cx) = tcp!(self, now);
        tcp.network_changed(&mut cx);
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.reset(&mut cx);
        let (icmp, mut cx) = datagram!(self, icmp, now);
        icmp.reset(&mut cx);
        self.memory.forget_answers();
    }

    /// Takes other choices of the owner, in force from the next question and flow on. [`Self::replace_rules`] afterwards
    /// judges what is open by them, too, and forgets what was answered.
    pub fn set_choices(&mut self, choices: Choices) {
        self.config.choose(choices);
    }

    /// Swaps the rules; open flows are judged again, by their remembered names or by their addresses.
    pub fn replace_rules(&mut self, rules: Arc<Rules>, now: Timestamp) {
        self.outbox.rules_replaced();
        self.rules = rules;
        self.memory.judge_again(&self.rules);
        for event in self.storms.rules_replaced(&self.rules, now) {
            self.outbox.push(Command::Event(event));
        }
        let (tcp, mut cx) = tcp!(self, now);
        tcp.replace_rules(&mut cx);
        let (udp, mut cx) = datagram!(self, udp, now);
        udp.judge_again(&mut cx);
        let (icmp, mut cx) = datagram!(self, icmp, now);
        icmp.reset(&mut cx);
        // Last: the names under which addresses were answered vouch for the flows that are open.
        let (dns, mut cx) = dns!(self, now);
        dns.reset(&mut cx);
        self.deliver_local_replies(now);
    }

    // Pumps.

    /// Offers the flow's waiting bytes, oldest first, to `write` (one gathered send) until it takes no more.
    pub fn send_upstream(
        &mut self,
        flow: FlowId,
        batch: &Batch,
        now: Timestamp,
        write: impl FnMut(&[IoSlice<'_>]) -> Pump,
    ) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.send_upstream(flow, batch, &mut cx, write);
    }

    /// Lets `read` (one scattered receive) fill pooled chunks for the flow.
    pub fn recv_upstream(
        &mut self,
        flow: FlowId,
        now: Timestamp,
        read: impl FnMut(&mut [IoSliceMut<'_>]) -> Pump,
    ) {
        let (tcp, mut cx) = tcp!(self, now);
        tcp.recv_upstream(flow, &mut cx, read);
    }

    // Outputs.

    /// The next thing to do, or `None` when this turn is drained.
    pub fn poll_output<'a>(&'a mut self, batch: &'a Batch) -> Option<Output<'a>> {
        if let Some((command, followers)) = self.outbox.lend() {
            match &*command {
                Command::WriteTun(_) => self.stats.packets_out += 1,
                Command::Event(Event::Verdict(verdict)) => self.storms.count(verdict),
                _ => {}
            }
            return Some(command.output(followers, batch));
        }
        match self.tcp.poll(batch)? {
            Next::Send(flow) => Some(Output::SendUpstream(flow)),
            Next::Recv(flow) => Some(Output::RecvUpstream(flow)),
            Next::Write(lent) => {
                self.stats.packets_out += 1;
                let (header, body) = self.tcp.lent(lent);
                let mut pieces = Pieces::new(header);
                body.map(|body: &ChunkQueue| {
                    body.slices(lent.offset, lent.len, |piece| _ = pieces.push(piece))
                });
                Some(Output::WriteTun(pieces))
            }
        }
    }

    /// When [`Self::handle_timeout`] has something to do; a time that has passed means at once.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        let services = [
            self.tcp.poll_timeout(),
            self.dns.poll_timeout(),
            self.udp.poll_timeout(),
            self.icmp.poll_timeout(),
            self.fragments.poll_timeout(),
            self.outbox.poll_timeout(),
        ];
        services.into_iter().fold(None, earlier)
    }

    // Getters.

    /// Counters.
    pub fn stats(&self) -> Stats {
        Stats {
            tcp_flows: self.tcp.flows() as u64,
            ..self.stats.clone()
        }
    }

    /// What was refused most often since the session began: so many names and addresses, the most often refused first.
    /// Connections to `0.0.0.0` are not among them: they stay on the phone.
    pub fn asked_most(&self, count: usize) -> Vec<Asked> {
        self.storms.most(count)
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }
}
