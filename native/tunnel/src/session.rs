//! One engine and the sockets that belong to it.

use engine::{Engine, Timestamp};
use mio::event::Event;

use crate::datagram::{Datagrams, Family};
use crate::dns::DnsSockets;
use crate::echo::{EchoNews, Echoes};
use crate::sockets::Sockets;
use crate::stream::Streams;
use crate::token::Source;

/// The largest datagram, and a little more.
const BUFFER_LEN: usize = 64 * 1024;

/// Counters of the tunnel itself, since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TunnelStats {
    /// Turns of the loop. An idle tunnel makes none.
    pub turns: u64,
    /// Sockets that could not be opened, for want of descriptors or otherwise.
    pub sockets_refused: u64,
    /// Ping sockets that the system forbids (net.ipv4.ping_group_range).
    pub pings_prohibited: u64,
    /// Packets that the TUN had no room or memory for.
    pub tun_full: u64,
    /// Packets that the TUN refused otherwise, such as while it is down.
    pub tun_refused: u64,
    /// Engines lost to a panic.
    pub panics: u64,
    /// When an app last sent something of its own, over TCP or UDP: to the second.
    pub last_packet: Option<Timestamp>,
}

/// An engine with its sockets. Both are lost together when the engine panics.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: Engine,
    pub(crate) sockets: Sockets,
    pub(crate) streams: Streams,
    pub(crate) datagrams: Datagrams,
    pub(crate) echoes: Echoes,
    pub(crate) dns: DnsSockets,
    /// Whether somebody answers `WhoOwns`.
    pub(crate) knows_owners: bool,
    buffer: Vec<u8>,
}

impl Session {
    pub(crate) fn new(engine: Engine, dns: DnsSockets, sockets: Sockets, knows_owners: bool) -> Self {
        Self {
            engine,
            sockets,
            streams: Streams::default(),
            datagrams: Datagrams::default(),
            echoes: Echoes::default(),
            dns,
            knows_owners,
            buffer: vec![0; BUFFER_LEN],
        }
    }

    /// Passes in what a socket says.
    pub(crate) fn handle_event(&mut self, source: Source, event: &Event, now: Timestamp) {
        match source {
            Source::Stream(index) => self.handle_stream(index, event, now),
            Source::DatagramV4(index) => self.handle_datagrams(index, Family::V4, event, now),
            Source::DatagramV6(index) => self.handle_datagrams(index, Family::V6, event, now),
            Source::Echo(index) => self.handle_echoes(index, now),
            Source::Dns(index) => self.dns.handle_event(index, event, &mut self.buffer, now),
            Source::Device | Source::Waker => {}
        }
    }

    /// Goes on with the sockets that were not read to the end.
    pub(crate) fn handle_ready(&mut self, now: Timestamp) {
        if self.datagrams.is_ready() {
            for (mapping, family) in self.datagrams.take_ready() {
                let engine = &mut self.engine;
                self.datagrams
                    .receive(mapping, family, &mut self.buffer, |from, payload, segment| {
                        engine.handle_datagrams(mapping, from, payload, segment, now);
                    });
            }
            self.handle_failures(now);
        }
    }

    /// Whether there is work without any event.
    pub(crate) fn is_ready(&self) -> bool {
        self.datagrams.is_ready()
    }

    /// When there is something to do without any event.
    pub(crate) fn poll_timeout(&mut self) -> Option<Timestamp> {
        [self.engine.poll_timeout(), self.dns.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.engine.handle_timeout(now);
        self.dns.handle_timeout(now);
    }

    /// Passes on what resolvers answered; false if there was nothing.
    pub(crate) fn handle_answers(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        while let Some((ask, answer)) = self.dns.poll_answer() {
            any = true;
            match answer {
                Ok(message) => self.engine.handle_answer(ask, &message, now),
                Err(_) => self.engine.handle_ask_failed(ask, now),
            }
        }
        any
    }

    /// Passes on the ICMP errors that the datagram sockets have met.
    pub(crate) fn handle_failures(&mut self, now: Timestamp) {
        while let Some(failure) = self.datagrams.poll_failure() {
            self.engine
                .handle_datagram_failed(failure.mapping, failure.to, failure.cause, now);
        }
    }

    fn handle_stream(&mut self, index: u32, event: &Event, now: Timestamp) {
        let Some(news) = self.streams.read_event(index, event) else {
            return;
        };
        if let Some(outcome) = news.dialed {
            self.engine.handle_dialed(news.flow, outcome, now);
            if outcome.is_err() {
                return;
            }
        }
        if news.readable || news.closed {
            self.engine.handle_readable(news.flow, news.closed, now);
        }
        if news.writable {
            self.engine.handle_writable(news.flow, now);
        }
    }

    fn handle_datagrams(&mut self, index: u32, family: Family, event: &Event, now: Timestamp) {
        let Some(mapping) = self.datagrams.mapping(index) else {
            return;
        };
        if event.is_error() {
            self.datagrams.take_errors(mapping, family, None);
        }
        let engine = &mut self.engine;
        self.datagrams
            .receive(mapping, family, &mut self.buffer, |from, payload, segment| {
                engine.handle_datagrams(mapping, from, payload, segment, now);
            });
        self.handle_failures(now);
    }

    fn handle_echoes(&mut self, index: u32, now: Timestamp) {
        let engine = &mut self.engine;
        self.echoes
            .receive(index, &mut self.buffer, |echo, news| match news {
                EchoNews::Reply { seq, payload } => engine.handle_echo_reply(echo, seq, payload, now),
                EchoNews::Failed(cause) => engine.handle_echo_failed(echo, cause, now),
            });
    }
}
