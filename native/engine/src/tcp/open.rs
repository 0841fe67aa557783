//! A SYN: which of the two openings a flow gets (see ARCHITECTURE.md, "The two openings").
//!
//! Truthful: the far end is dialled at the SYN and the SYN-ACK waits for it, so that "refused", "unreachable" and happy
//! eyeballs stay true. Silent: the handshake is made with the app alone, the name is read, and only then is anyone
//! dialled, so that no packet goes to an address that no allowed name vouches for.

use std::net::SocketAddr;
use std::time::Duration;

use blocklist::Reply;
use wire::icmp::{self, Unreachable};
use wire::tcp::{self, Flags, Options, Segment, SeqNumber};

use super::flow::{Flow, Judgement, Phase, Upstream};
use super::judge::{ask_owner, asks_before_refusal, decision_at_syn, tell};
use super::receive::Arrival;
use super::table::FlowKey;
use super::{Context, Life, Tcp};
use crate::config::ENCRYPTED_DNS_PORT;
use crate::memory::Vouch;
use crate::outbox::Command;
use crate::storm::Refusal;
use crate::{Batch, Depth, Discard, Failure, FlowId, Timestamp};

/// Ports on which a client is expected to say the server's name.
const NAMED_PORTS: [u16; 5] = [80, 443, 853, 8080, 8443];

/// Whether a client is expected to say the server's name on this port.
pub(crate) fn is_named(port: u16) -> bool {
    NAMED_PORTS.contains(&port)
}

/// How long a silently opened flow may stay without a byte from the app.
const SILENCE: Duration = Duration::from_millis(300);

/// How long an address opens truthfully after a silent dial to it failed.
const TRUTHFUL: Duration = Duration::from_secs(600);
/// Such addresses that are remembered at most.
const MAX_TRUTHFUL: usize = 1024;

/// Our window shift: 64 MiB are expressible, 256 bytes are the grain.
const WINDOW_SCALE: u8 = 8;

const DNS_PORT: u16 = 53;

impl Tcp {
    /// A TCP segment from the app.
    pub(crate) fn handle_segment(
        &mut self,
        app: SocketAddr,
        remote: SocketAddr,
        arrival: Arrival<'_>,
        batch: &Batch,
        cx: &mut Context<'_>,
    ) {
        let key = FlowKey::new(app, remote);
        let header = arrival.header;
        if let Some(id) = self.table.find(key) {
            self.handle_arrival(id, arrival, batch, cx);
            return;
        }
        if header.flags.contains(Flags::RST) {
            cx.stats.discard(Discard::NoFlow);
        } else if header.flags.contains(Flags::SYN) && !header.flags.contains(Flags::ACK) {
            self.handle_syn(key, app, remote, arrival, cx);
        } else {
            cx.stats.discard(Discard::NoFlow);
            self.refuse_segment(app, remote, arrival, cx);
        }
    }

    fn handle_syn(
        &mut self,
        key: FlowKey,
        app: SocketAddr,
        remote: SocketAddr,
        arrival: Arrival<'_>,
        cx: &mut Context<'_>,
    ) {
        self.now = cx.now;
        if self.table.len() >= cx.config.max_tcp_flows && !self.evict_one(cx) {
            cx.stats.discard(Discard::TableFull);
            self.refuse_segment(app, remote, arrival, cx);
            return;
        }
        let id = self.table.reserve(key);
        let mut flow = Box::new(Flow::new(id, app, remote, cx.now));
        self.read_syn(&mut flow, arrival, cx);
        match self.open(&mut flow, cx) {
            Life::Goes => self.check_in(flow),
            Life::Ends { .. } => self.end(flow, false, cx),
        }
        // Data in the SYN is not acknowledged, so the app sends it again after the handshake (RFC 9293 section
        // 3.10.7.2 allows both): no byte is kept for an opening that may fail.
    }

    pub(super) fn read_syn(&mut self, flow: &mut Flow, arrival: Arrival<'_>, cx: &Context<'_>) {
        let options = arrival.options();
        flow.rcv_nxt = arrival.header.seq + 1;
        flow.rcv_edge = flow.rcv_nxt;
        flow.snd_wnd = u32::from(arrival.header.window);
        flow.mss = options
            .mss
            .unwrap_or(536)
            .clamp(88, own_mss(cx.config.mtu, flow.remote));
        flow.sack_permitted = options.sack_permitted;
        if let Some(shift) = options.window_scale {
            flow.snd_scale = shift;
            flow.rcv_scale = WINDOW_SCALE;
        }
        self.budget.count(flow, cx.now);
        flow.snd_una = self.initial_sequence();
        flow.snd_nxt = flow.snd_una;
        flow.snd_max = flow.snd_una;
    }

    fn open(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let remote = flow.remote;
        if remote.port() == ENCRYPTED_DNS_PORT && cx.config.own_resolvers.contains(&remote.ip()) {
            // Accepting it would make Android believe that our resolver speaks DoT.
            return self.reset_app(flow, cx);
        }
        if remote.port() == DNS_PORT {
            flow.upstream = Upstream::Local;
            flow.judgement = Judgement::Allowed;
            flow.stage_at = Some(Self::local_deadline(cx.now));
            self.send_syn_ack(flow, cx);
            return Life::Goes;
        }
        if !cx.upstream.has_route(remote.ip()) {
            return self.reset_app(flow, cx);
        }
        let ip = crate::nat64::unwrap(remote.ip(), cx.upstream.nat64_prefix);
        if cx.rules.has_app_rule_ip(ip, remote.port()) || cx.memory.is_per_app(remote.ip(), cx.now) {
            ask_owner(flow, cx);
            return Life::Goes;
        }
        self.open_by_address(flow, cx)
    }

    /// Opens a flow whose owner is known if that matters.
    pub(super) fn open_by_address(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        if let Life::Ends { reset } = self.judge_address(flow, cx) {
            return Life::Ends { reset };
        }
        if matches!(flow.judgement, Judgement::AwaitingOwner) {
            return Life::Goes;
        }
        if cx.config.depth == Depth::Dns {
            flow.judgement = Judgement::Allowed;
        }
        if self.opens_silently(flow, cx) {
            flow.silent = true;
            self.send_syn_ack(flow, cx);
        } else {
            self.dial(flow, cx);
        }
        Life::Goes
    }

    /// Rules on the address itself: a block refuses at the SYN, the owner's allow ends the judgement.
    fn judge_address(&self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let Some(decision) = decision_at_syn(flow, cx) else {
            return Life::Goes;
        };
        if !decision.verdict.is_block() {
            flow.judgement = Judgement::Allowed;
            tell(flow, &decision, cx);
            return Life::Goes;
        }
        if asks_before_refusal(flow, cx) {
            return Life::Goes;
        }
        tell(flow, &decision, cx);
        self.refuse_at_syn(flow, decision.verdict.reply, cx)
    }

    fn opens_silently(&self, flow: &Flow, cx: &Context<'_>) -> bool {
        let reading = matches!(flow.judgement, Judgement::Reading(_));
        reading
            && is_named(flow.remote.port())
            && cx.memory.vouch(flow.remote.ip(), cx.now) != Vouch::Allowed
            && self
                .truthful
                .get(&flow.remote)
                .is_none_or(|until| *until <= cx.now)
    }

    pub(super) fn remember_truthful(&mut self, remote: SocketAddr, now: Timestamp) {
        if self.truthful.len() >= MAX_TRUTHFUL {
            self.truthful.retain(|_, until| *until > now);
        }
        if self.truthful.len() < MAX_TRUTHFUL {
            self.truthful.insert(remote, now + TRUTHFUL);
        }
    }

    /// Sends the SYN-ACK, or sends it again.
    pub(super) fn send_syn_ack(&self, flow: &mut Flow, cx: &mut Context<'_>) {
        if flow.phase == Phase::SynReceived {
            flow.phase = Phase::SynAckSent;
            flow.snd_nxt = flow.snd_una + 1;
            flow.snd_max = flow.snd_nxt;
            flow.retransmit_at = Some(cx.now + super::expire::SYN_RETRANSMIT);
        }
        let options = Options {
            mss: Some(own_mss(cx.config.mtu, flow.remote)),
            window_scale: (flow.rcv_scale > 0).then_some(flow.rcv_scale),
            sack_permitted: flow.sack_permitted,
            ..Options::default()
        };
        let window = self.advertise(flow);
        let packet = emit_packet(&Segment {
            src: flow.remote,
            dst: flow.app,
            seq: flow.snd_una,
            ack: flow.rcv_nxt,
            flags: Flags::SYN.with(Flags::ACK),
            window,
            options: &options,
        });
        cx.outbox.push(Command::WriteTun(packet));
    }

    /// The handshake with the app is done.
    pub(super) fn on_established(&self, flow: &mut Flow, cx: &Context<'_>) {
        flow.retransmit_at = None;
        if flow.silent && flow.upstream == Upstream::None && flow.stage_at.is_none() {
            flow.stage_at = Some(cx.now + SILENCE);
        }
    }

    /// A dial ended.
    pub(crate) fn handle_dialed(&mut self, id: FlowId, outcome: Result<(), Failure>, cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, cx| {
            if flow.upstream != Upstream::Dialing {
                return Life::Goes;
            }
            match outcome {
                Ok(()) => {
                    flow.upstream = Upstream::Connected;
                    flow.writable = true;
                    if flow.silent {
                        flow.stage_at = None;
                    }
                    if flow.phase == Phase::SynReceived {
                        tcp.send_syn_ack(flow, cx);
                    }
                    tcp.activate(flow);
                    tcp.after_upload(flow, cx)
                }
                Err(_) if flow.phase != Phase::SynReceived => tcp.silent_dial_failed(flow, cx),
                Err(cause) => tcp.refuse_syn(flow, cause, cx),
            }
        });
    }

    /// Refuses a flow at its SYN, as its rule says or in the way that makes the app try again least.
    fn refuse_at_syn(&self, flow: &Flow, own: Option<Reply>, cx: &mut Context<'_>) -> Life {
        match cx.storms.refusal(flow.remote.ip(), own, cx.config, cx.now) {
            Refusal::Plain => self.reset_app(flow, cx),
            Refusal::Prohibited => self.refuse_syn(flow, Failure::Prohibited, cx),
        }
    }

    /// Tells the app what the network told us.
    fn refuse_syn(&self, flow: &Flow, cause: Failure, cx: &mut Context<'_>) -> Life {
        let unreachable = match cause {
            Failure::Refused | Failure::Reset | Failure::Other => return self.reset_app(flow, cx),
            Failure::HostUnreachable | Failure::TimedOut => Unreachable::Host,
            Failure::NetUnreachable => Unreachable::Net,
            Failure::Prohibited => Unreachable::Prohibited,
        };
        let syn = emit_packet(&Segment {
            src: flow.app,
            dst: flow.remote,
            seq: flow.rcv_nxt - 1,
            ack: SeqNumber(0),
            flags: Flags::SYN,
            window: 0,
            options: &Options::default(),
        });
        if let Some(packet) = icmp::emit_unreachable(flow.remote.ip(), unreachable, &syn) {
            cx.outbox.push(Command::WriteTun(packet));
        }
        Life::Ends { reset: false }
    }
}

/// The largest segment that fits the TUN.
fn own_mss(mtu: u16, remote: SocketAddr) -> u16 {
    mtu.saturating_sub(if remote.is_ipv4() { 40 } else { 60 }).max(88)
}

/// A packet without a body.
pub(super) fn emit_packet(segment: &Segment<'_>) -> Vec<u8> {
    let mut header = [0; tcp::MAX_HEADER];
    let len = tcp::emit(&mut header, segment, &[]);
    header[..len].to_vec()
}
