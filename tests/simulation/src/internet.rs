//! The upstream network: scripted servers behind latencies, a resolver, echo hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use blocklist::AppId;
use engine::{AskId, EchoId, Failure, FlowId, MappingId, OwnerQuestion, Timestamp};
use wire::icmp::Unreachable;

use crate::clock::scramble;
use crate::names::{Message, Record, answer};
use crate::stream::{Host, Stream};

/// What the sockets tell the engine.
#[derive(Debug, Clone)]
pub enum News {
    /// A dial ended.
    Dialed(FlowId, Result<(), Failure>),
    /// Something to read.
    Readable(FlowId, bool),
    /// Room to write.
    Writable(FlowId),
    /// A datagram.
    Datagram(MappingId, SocketAddr, Vec<u8>),
    /// An ICMP error for a datagram.
    DatagramFailed(MappingId, SocketAddr, Unreachable),
    /// An echo reply.
    EchoReply(EchoId, u16, Vec<u8>),
    /// An ICMP error for an echo request.
    EchoFailed(EchoId, Unreachable),
    /// A resolver's answer.
    Answer(AskId, Vec<u8>),
    /// No resolver answered.
    AskFailed(AskId),
    /// Who owns a flow.
    Owner(OwnerQuestion, Option<AppId>),
    /// A server wants a turn; the engine hears nothing of it.
    Server(FlowId),
}

/// What a datagram server does.
#[derive(Debug, Clone, Copy)]
pub enum DatagramHost {
    /// Sends it back.
    Echo,
    /// Swallows it.
    Sink,
    /// Sends it back from another address too, and first.
    EchoAlsoFrom(SocketAddr),
    /// An ICMP error comes.
    Fails(Unreachable),
}

/// What the resolver says of a name and type.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These records, with this RCODE.
    Records(u8, Vec<Record>),
    /// Nothing comes.
    Silence,
    /// Tells the engine that nobody answered.
    Fails,
    /// These bytes after the id, whatever they are.
    Raw(Vec<u8>),
}

/// The upstream network.
#[derive(Debug)]
pub struct Internet {
    hosts: BTreeMap<SocketAddr, Host>,
    /// What meets a dial to an address where nobody listens.
    pub elsewhere: Host,
    /// Sockets, in the order of dials.
    pub streams: Vec<Stream>,
    by_flow: BTreeMap<FlowId, usize>,
    /// Datagram servers; any other address echoes.
    pub datagram_hosts: BTreeMap<SocketAddr, DatagramHost>,
    /// Addresses that do not answer pings.
    pub unpingable: BTreeSet<IpAddr>,
    /// Answers by lower-case name and type.
    pub zone: BTreeMap<(String, u16), Reply>,
    /// Who owns flows, by the app's port.
    pub owners: BTreeMap<u16, AppId>,
    /// One way, for datagrams, echoes and the resolver.
    pub latency: Duration,
    news: BTreeMap<(Timestamp, u64), News>,
    count: u64,
    seed: u64,
}

impl Internet {
    /// Nobody there yet.
    pub fn new(seed: u64) -> Self {
        Self {
            hosts: BTreeMap::new(),
            elsewhere: Host::failing(Failure::Refused),
            streams: Vec::new(),
            by_flow: BTreeMap::new(),
            datagram_hosts: BTreeMap::new(),
            unpingable: BTreeSet::new(),
            zone: BTreeMap::new(),
            owners: BTreeMap::new(),
            latency: Duration::from_millis(5),
            news: BTreeMap::new(),
            count: 0,
            seed,
        }
    }

    /// A server begins to listen.
    pub fn listen(&mut self, at: SocketAddr, host: Host) {
        self.hosts.insert(at, host);
    }

    /// The resolver learns addresses of a name.
    pub fn resolve(&mut self, name: &str, ip: IpAddr) {
        let record_type = if ip.is_ipv4() {
            crate::names::A
        } else {
            crate::names::AAAA
        };
        self.answer_with(name, record_type, vec![Record::address(name, ip)]);
    }

    /// The resolver learns records.
    pub fn answer_with(&mut self, name: &str, record_type: u16, records: Vec<Record>) {
        self.zone.insert(
            (name.to_ascii_lowercase(), record_type),
            Reply::Records(0, records),
        );
    }

    /// The last socket that was dialled to an address.
    pub fn stream_to(&self, to: SocketAddr) -> Option<&Stream> {
        self.streams.iter().rev().find(|stream| stream.to == to)
    }

    /// The socket of a flow.
    pub fn stream_mut(&mut self, flow: FlowId) -> Option<&mut Stream> {
        let no = *self.by_flow.get(&flow)?;
        self.streams.get_mut(no)
    }

    fn tell(&mut self, at: Timestamp, news: News) {
        self.news.insert((at, self.count), news);
        self.count += 1;
    }

    /// When [`Self::pop`] has something.
    pub fn due(&self) -> Option<Timestamp> {
        self.news.first_key_value().map(|((at, _), _)| *at)
    }

    /// News that is due; servers take their turns meanwhile.
    pub fn pop(&mut self, now: Timestamp) -> Option<News> {
        loop {
            let first = self.news.first_entry()?;
            if first.key().0 > now {
                return None;
            }
            match first.remove() {
                News::Server(flow) => self.turn(flow, now),
                News::Dialed(flow, outcome) => {
                    let stream = self.stream_mut(flow)?;
                    if stream.closed.is_some() {
                        continue;
                    }
                    stream.open = outcome.is_ok();
                    self.tell(now, News::Server(flow));
                    return Some(News::Dialed(flow, outcome));
                }
                News::Readable(flow, _) | News::Writable(flow)
                    if self.stream_mut(flow).is_none_or(|stream| stream.closed.is_some()) => {}
                news => return Some(news),
            }
        }
    }

    fn turn(&mut self, flow: FlowId, now: Timestamp) {
        let Some(stream) = self.stream_mut(flow) else {
            return;
        };
        let (waiting, hung_up) = (stream.waiting(), stream.is_hung_up());
        let latency = stream.host.latency;
        let wake = stream.turn(now);
        let has_more = stream.waiting() > waiting && stream.waiting() >= stream.low_water;
        let readable = has_more || stream.is_hung_up() != hung_up;
        let closed = stream.is_hung_up();
        let writable = stream.owes_writable && stream.is_writable();
        if writable {
            stream.owes_writable = false;
        }
        if readable {
            self.tell(now + latency, News::Readable(flow, closed));
        }
        if writable {
            self.tell(now + latency, News::Writable(flow));
        }
        if let Some(wake) = wake {
            self.tell(wake, News::Server(flow));
        }
    }

    /// The engine dials.
    pub fn dial(&mut self, flow: FlowId, to: SocketAddr, now: Timestamp) {
        let host = self.hosts.get(&to).unwrap_or(&self.elsewhere).clone();
        let (answer, latency) = (host.answer, host.latency);
        let seed = scramble(self.seed ^ self.streams.len() as u64);
        let old = self.by_flow.insert(flow, self.streams.len());
        assert!(old.is_none(), "{flow:?} was dialled twice");
        self.streams.push(Stream::new(flow, to, host, seed));
        if let Some(outcome) = answer {
            self.tell(now + latency * 2, News::Dialed(flow, outcome));
        }
    }

    /// The engine did something to a stream that its server may see.
    pub fn stir(&mut self, flow: FlowId, now: Timestamp) {
        let Some(latency) = self.stream_mut(flow).map(|stream| stream.host.latency) else {
            return;
        };
        self.tell(now + latency, News::Server(flow));
    }

    /// The engine sends a datagram.
    pub fn datagram(&mut self, mapping: MappingId, to: SocketAddr, payload: &[u8], now: Timestamp) {
        let at = now + self.latency * 2;
        match self
            .datagram_hosts
            .get(&to)
            .copied()
            .unwrap_or(DatagramHost::Echo)
        {
            DatagramHost::Echo => self.tell(at, News::Datagram(mapping, to, payload.to_vec())),
            DatagramHost::Sink => {}
            DatagramHost::EchoAlsoFrom(other) => {
                self.tell(at, News::Datagram(mapping, other, payload.to_vec()));
                self.tell(at, News::Datagram(mapping, to, payload.to_vec()));
            }
            DatagramHost::Fails(cause) => self.tell(at, News::DatagramFailed(mapping, to, cause)),
        }
    }

    /// The engine pings.
    pub fn ping(&mut self, echo: EchoId, to: IpAddr, seq: u16, payload: &[u8], now: Timestamp) {
        let news = if self.unpingable.contains(&to) {
            News::EchoFailed(echo, Unreachable::Host)
        } else {
            News::EchoReply(echo, seq, payload.to_vec())
        };
        self.tell(now + self.latency * 2, news);
    }

    /// The engine asks the resolver.
    pub fn ask(&mut self, ask: AskId, message: &[u8], now: Timestamp) {
        let at = now + self.latency * 2;
        let Some(asked) = Message::parse(message) else {
            self.tell(at, News::AskFailed(ask));
            return;
        };
        let key = (asked.name.to_ascii_lowercase(), asked.record_type);
        let known = self.zone.keys().any(|(name, _)| *name == key.0);
        let news = match self.zone.get(&key) {
            Some(Reply::Records(rcode, records)) => News::Answer(ask, answer(message, *rcode, records)),
            Some(Reply::Silence) => return,
            Some(Reply::Fails) => News::AskFailed(ask),
            Some(Reply::Raw(rest)) => News::Answer(ask, [&message[..2], rest].concat()),
            None => News::Answer(ask, answer(message, if known { 0 } else { 3 }, &[])),
        };
        self.tell(at, news);
    }

    /// The engine asks who owns a socket.
    pub fn who_owns(&mut self, question: OwnerQuestion, app: SocketAddr, now: Timestamp) {
        let owner = self.owners.get(&app.port()).copied();
        self.tell(now + Duration::from_millis(1), News::Owner(question, owner));
    }
}
