//! The engine: one struct, four kinds of methods.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use blocklist::{AppId, Rules};
use wire::icmp::Unreachable;

use crate::{
    AskId, Batch, Config, EchoId, Failure, FlowId, MappingId, Output, Pump, Stats, Timestamp, Upstream,
};

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
pub struct Engine {}

impl Engine {
    /// A new session. `seed` feeds every random choice.
    pub fn new(config: Config, rules: Arc<Rules>, seed: [u8; 32], now: Timestamp) -> Self {
        let _ = (config, rules, seed, now);
        unimplemented!()
    }

    // Inputs.

    /// Takes the packets of one wake-up. Never fails: what is bad is counted.
    pub fn handle_batch(&mut self, batch: &Batch, now: Timestamp) {
        let _ = (batch, now);
        unimplemented!()
    }

    /// Time has passed. Call it once a turn, first.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let _ = now;
        unimplemented!()
    }

    /// A dial ended.
    pub fn handle_dialed(&mut self, flow: FlowId, outcome: Result<(), Failure>, now: Timestamp) {
        let _ = (flow, outcome, now);
        unimplemented!()
    }

    /// The flow's socket has something to read; `closed` if it also says that the far end has finished or failed.
    pub fn handle_readable(&mut self, flow: FlowId, closed: bool, now: Timestamp) {
        let _ = (flow, closed, now);
        unimplemented!()
    }

    /// The flow's socket takes bytes again.
    pub fn handle_writable(&mut self, flow: FlowId, now: Timestamp) {
        let _ = (flow, now);
        unimplemented!()
    }

    /// A datagram came to the mapping's socket.
    pub fn handle_datagram(&mut self, mapping: MappingId, from: SocketAddr, payload: &[u8], now: Timestamp) {
        let _ = (mapping, from, payload, now);
        unimplemented!()
    }

    /// An ICMP error came for a datagram from the mapping's socket to `to`.
    pub fn handle_datagram_failed(
        &mut self,
        mapping: MappingId,
        to: SocketAddr,
        cause: Unreachable,
        now: Timestamp,
    ) {
        let _ = (mapping, to, cause, now);
        unimplemented!()
    }

    /// An echo reply came.
    pub fn handle_echo_reply(&mut self, echo: EchoId, seq: u16, payload: &[u8], now: Timestamp) {
        let _ = (echo, seq, payload, now);
        unimplemented!()
    }

    /// An ICMP error came for an echo request.
    pub fn handle_echo_failed(&mut self, echo: EchoId, cause: Unreachable, now: Timestamp) {
        let _ = (echo, cause, now);
        unimplemented!()
    }

    /// A resolver answered.
    pub fn handle_answer(&mut self, ask: AskId, message: &[u8], now: Timestamp) {
        let _ = (ask, message, now);
        unimplemented!()
    }

    /// No resolver answered.
    pub fn handle_ask_failed(&mut self, ask: AskId, now: Timestamp) {
        let _ = (ask, now);
        unimplemented!()
    }

    /// The answer to [`Output::WhoOwns`]; `None` if nobody knows.
    pub fn handle_owner(&mut self, flow: FlowId, owner: Option<AppId>, now: Timestamp) {
        let _ = (flow, owner, now);
        unimplemented!()
    }

    /// The TUN refused the packet that [`Self::poll_output`] gave out last (ENOBUFS, ENOMEM).
    pub fn handle_tun_full(&mut self, now: Timestamp) {
        let _ = now;
        unimplemented!()
    }

    // Commands.

    /// Says what the network of the moment offers.
    pub fn set_upstream(&mut self, upstream: Upstream, now: Timestamp) {
        let _ = (upstream, now);
        unimplemented!()
    }

    /// The network is another one: flows of the lost one are reset, sockets are recreated.
    pub fn network_changed(&mut self, now: Timestamp) {
        let _ = now;
        unimplemented!()
    }

    /// Swaps the rules; open flows are judged again by their remembered name.
    pub fn replace_rules(&mut self, rules: Arc<Rules>, now: Timestamp) {
        let _ = (rules, now);
        unimplemented!()
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
        let _ = (flow, batch, now, write);
        unimplemented!()
    }

    /// Lets `read` (one scattered receive) fill pooled chunks for the flow.
    pub fn recv_upstream(
        &mut self,
        flow: FlowId,
        now: Timestamp,
        read: impl FnMut(&mut [IoSliceMut<'_>]) -> Pump,
    ) {
        let _ = (flow, now, read);
        unimplemented!()
    }

    // Outputs.

    /// The next thing to do, or `None` when this turn is drained.
    pub fn poll_output<'a>(&'a mut self, batch: &'a Batch) -> Option<Output<'a>> {
        let _ = batch;
        unimplemented!()
    }

    /// When [`Self::handle_timeout`] has something to do; a time that has passed means at once.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        unimplemented!()
    }

    // Getters.

    /// Counters.
    pub fn stats(&self) -> &Stats {
        unimplemented!()
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<Rules> {
        unimplemented!()
    }

    /// The families that are dialled now, for the tunnel's own use.
    pub fn dials(&self, to: IpAddr) -> bool {
        let _ = to;
        unimplemented!()
    }
}
