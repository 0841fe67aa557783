//! The rest of the engine, for the tests of the datagram services.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Action, Preset, Rules, RulesBuilder};
use wire::Name;
use wire::ip::{IpHeader, Protocol};

use super::Context;
use crate::memory::{Memory, Origin, Source};
use crate::outbox::{Command, Outbox, Payload};
use crate::packet::Packet;
use crate::storm::Storms;
use crate::{
    Batch, Config, Discard, Event, OwnerQuestion, Reason, Slice, Stats, Timestamp, Transport, Upstream,
};

pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) rules: Rules,
    pub(crate) memory: Memory,
    pub(crate) upstream: Upstream,
    outbox: Outbox,
    pub(crate) stats: Stats,
    pub(crate) storms: Storms,
    pub(crate) now: Timestamp,
    batch: Batch,
}

impl World {
    /// The owner blocks these addresses; nothing else is in force but the essential and feature names.
    pub(crate) fn blocking(addresses: &[&str]) -> Self {
        Self {
            config: Config::default(),
            rules: rules_blocking(addresses),
            memory: Memory::default(),
            upstream: Upstream::default(),
            outbox: Outbox::default(),
            stats: Stats::default(),
            storms: Storms::default(),
            now: Timestamp::from_micros(1_000_000_000),
            batch: Batch::new(65_535),
        }
    }

    pub(crate) fn cx(&mut self) -> Context<'_> {
        Context {
            config: &self.config,
            rules: &self.rules,
            memory: &self.memory,
            upstream: &self.upstream,
            outbox: &mut self.outbox,
            stats: &mut self.stats,
            storms: &mut self.storms,
            now: self.now,
        }
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Puts a packet into the batch and passes it to a service.
    pub(crate) fn send(&mut self, bytes: &[u8], handle: impl FnOnce(Packet<'_>, &mut Context<'_>)) {
        self.batch.clear();
        assert!(self.batch.push(bytes));
        let slice = self.batch.packets()[0];
        self.pass(bytes, Some(slice), handle);
    }

    /// Passes a packet to a service as one that was put together from fragments.
    pub(crate) fn send_reassembled(
        &mut self,
        bytes: &[u8],
        handle: impl FnOnce(Packet<'_>, &mut Context<'_>),
    ) {
        self.pass(bytes, None, handle);
    }

    fn pass(
        &mut self,
        bytes: &[u8],
        slice: Option<Slice>,
        handle: impl FnOnce(Packet<'_>, &mut Context<'_>),
    ) {
        let ip = IpHeader::parse(bytes).unwrap();
        handle(
            Packet {
                ip: &ip,
                bytes,
                slice,
            },
            &mut self.cx(),
        );
    }

    pub(crate) fn pop(&mut self) -> Option<Command> {
        self.outbox.pop()
    }

    pub(crate) fn assert_quiet(&mut self) {
        let command = self.pop();
        assert!(command.is_none(), "{command:?}");
    }

    /// The verdict that comes next.
    pub(crate) fn verdict(&mut self) -> (Transport, Action, Reason) {
        match self.pop() {
            Some(Command::Event(Event::Verdict(event))) => (event.transport, event.action, event.reason),
            other => panic!("{other:?} instead of a verdict"),
        }
    }

    /// The question for an owner that comes next.
    pub(crate) fn asked(&mut self) -> (OwnerQuestion, SocketAddr, SocketAddr) {
        match self.pop() {
            Some(Command::WhoOwns {
                question,
                transport: Transport::Udp,
                app,
                remote,
            }) => (question, app, remote),
            other => panic!("{other:?} instead of a question"),
        }
    }

    /// The packet that comes next.
    pub(crate) fn packet(&mut self) -> Vec<u8> {
        match self.pop() {
            Some(Command::WriteTun(packet)) => packet,
            other => panic!("{other:?} instead of a packet"),
        }
    }

    /// Type and code of the ICMP error that comes next, and its quote.
    pub(crate) fn error(&mut self) -> (u8, u8, Vec<u8>) {
        let packet = self.packet();
        let ip = IpHeader::parse(&packet).unwrap();
        assert!(matches!(ip.protocol, Protocol::ICMP | Protocol::ICMPV6));
        let message = &packet[ip.payload];
        (message[0], message[1], message[8..].to_vec())
    }

    pub(crate) fn bytes(&self, payload: &Payload) -> Vec<u8> {
        match payload {
            Payload::Batch(slice) => self.batch.bytes(*slice).to_vec(),
            Payload::Owned(bytes) => bytes.clone(),
        }
    }

    pub(crate) fn discarded(&self, why: Discard) -> u64 {
        self.stats.discarded[why as usize]
    }

    /// DNS has answered `name` with the address of `remote`.
    pub(crate) fn answered(&mut self, name: &str, remote: SocketAddr) {
        let verdict = self.rules.verdict(name, None);
        let origin = Origin {
            asked: Name::from_text(name),
            verdict,
            aliases: Vec::new(),
            per_app: self.rules.has_app_rule(name),
            source: Source::Answer,
        };
        self.memory
            .remember(remote.ip(), &Arc::new(origin), Duration::from_secs(300), self.now);
    }
}

pub(crate) fn rules_blocking(addresses: &[&str]) -> Rules {
    let builder = RulesBuilder::new(Preset::None);
    addresses
        .iter()
        .fold(builder, |builder, address| builder.block(address).unwrap())
        .build()
}
