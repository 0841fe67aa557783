//! Commands that wait for `poll_output`.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use blocklist::AppId;

use crate::refusals::Refusals;
use crate::{
    AskId, Batch, DatagramRun, EchoId, Event, FlowId, MappingId, Output, OwnerQuestion, Pieces, Slice,
    Timestamp, Transport,
};

/// Bytes on their way out that are either still in the batch or owned.
#[derive(Debug)]
pub(crate) enum Payload {
    /// In the batch of the input being handled.
    Batch(Slice),
    /// Held or reassembled.
    Owned(Vec<u8>),
}

impl Payload {
    pub(crate) fn bytes<'a>(&'a self, batch: &'a Batch) -> &'a [u8] {
        match self {
            Self::Batch(slice) => batch.bytes(*slice),
            Self::Owned(bytes) => bytes,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Batch(slice) => slice.len(),
            Self::Owned(bytes) => bytes.len(),
        }
    }
}

/// Bytes of a run of datagrams at most: the length of one IP packet, less any header.
const MAX_RUN_BYTES: usize = 65_000;

/// Packets whose memory is kept for reuse: as many as a socket's datagrams of one turn.
const KEEP_PACKETS: usize = 64;

/// How much memory of a packet is worth keeping: allocators have less than this at hand anyway, and more is rare.
const KEPT_BYTES: RangeInclusive<usize> = 1_024..=2_048;

/// An `Output` that owns what it carries.
#[derive(Debug)]
pub(crate) enum Command {
    WriteTun(Vec<u8>),
    Dial {
        flow: FlowId,
        to: SocketAddr,
    },
    ShutdownUpstream(FlowId),
    CloseUpstream {
        flow: FlowId,
        reset: bool,
    },
    Keepalive {
        flow: FlowId,
        interval: Duration,
    },
    LowWater {
        flow: FlowId,
        bytes: u32,
    },
    SendDatagram {
        mapping: MappingId,
        to: SocketAddr,
        payload: Payload,
        may_fragment: bool,
    },
    CloseMapping(MappingId),
    SendEcho {
        echo: EchoId,
        to: IpAddr,
        seq: u16,
        payload: Payload,
    },
    CloseEcho(EchoId),
    Ask {
        ask: AskId,
        message: Vec<u8>,
        tcp: bool,
    },
    WhoOwns {
        question: OwnerQuestion,
        transport: Transport,
        app: SocketAddr,
        remote: SocketAddr,
    },
    Event(Event),
}

impl Command {
    /// The output, with the command's bytes lent out. `followers` leave together with a datagram.
    pub(crate) fn output<'a>(&'a mut self, followers: &'a [Payload], batch: &'a Batch) -> Output<'a> {
        match self {
            Self::WriteTun(packet) => Output::WriteTun(Pieces::new(packet)),
            Self::Dial { flow, to } => Output::Dial { flow: *flow, to: *to },
            Self::ShutdownUpstream(flow) => Output::ShutdownUpstream(*flow),
            Self::CloseUpstream { flow, reset } => Output::CloseUpstream {
                flow: *flow,
                reset: *reset,
            },
            Self::Keepalive { flow, interval } => Output::Keepalive {
                flow: *flow,
                interval: *interval,
            },
            Self::LowWater { flow, bytes } => Output::LowWater {
                flow: *flow,
                bytes: *bytes,
            },
            Self::SendDatagram {
                mapping,
                to,
                payload,
                may_fragment,
            } => Output::SendDatagrams {
                mapping: *mapping,
                to: *to,
                run: DatagramRun::new(payload, followers, batch),
                may_fragment: *may_fragment,
            },
            Self::CloseMapping(mapping) => Output::CloseMapping(*mapping),
            Self::SendEcho {
                echo,
                to,
                seq,
                payload,
            } => Output::SendEcho {
                echo: *echo,
                to: *to,
                seq: *seq,
                payload: payload.bytes(batch),
            },
            Self::CloseEcho(echo) => Output::CloseEcho(*echo),
            Self::Ask { ask, message, tcp } => Output::Ask {
                ask: *ask,
                message: std::mem::take(message),
                tcp: *tcp,
            },
            Self::WhoOwns {
                question,
                transport,
                app,
                remote,
            } => Output::WhoOwns {
                question: *question,
                transport: *transport,
                app: *app,
                remote: *remote,
            },
            Self::Event(event) => Output::Event(event.clone()),
        }
    }

    /// The length of the datagram that it sends.
    fn datagram_len(&self) -> usize {
        match self {
            Self::SendDatagram { payload, .. } => payload.len(),
            _ => 0,
        }
    }

    /// Whether it sends a datagram that may leave in one call behind `first`'s, which are `len` bytes long.
    fn follows(&self, first: &Self, len: usize) -> bool {
        match (self, first) {
            (
                Self::SendDatagram {
                    mapping,
                    to,
                    may_fragment,
                    ..
                },
                Self::SendDatagram {
                    mapping: first_mapping,
                    to: first_to,
                    may_fragment: first_may_fragment,
                    ..
                },
            ) => {
                (mapping, to, may_fragment) == (first_mapping, first_to, first_may_fragment)
                    && (1..=len).contains(&self.datagram_len())
            }
            _ => false,
        }
    }
}

/// A first-in, first-out queue of commands, drained after every input.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Command>,
    /// The command that `poll_output` lent out last: its bytes live until the next call.
    lent: Option<Command>,
    /// The datagrams that leave together with the lent one.
    followers: Vec<Payload>,
    /// Memory of packets that have gone.
    spare: Vec<Vec<u8>>,
    refusals: Refusals,
}

impl Outbox {
    pub(crate) fn push(&mut self, command: Command) {
        self.queue.push_back(command);
    }

    #[cfg(test)]
    pub(crate) fn pop(&mut self) -> Option<Command> {
        self.queue.pop_front()
    }

    /// Takes the next command and lends it, with the datagrams that may leave together with the one that it sends: those of
    /// one five-tuple mostly lie one behind the other, as the batch brought them.
    pub(crate) fn lend(&mut self) -> Option<(&mut Command, &[Payload])> {
        let command = self.queue.pop_front()?;
        self.followers.clear();
        if let Command::SendDatagram { payload, .. } = &command {
            let len = payload.len();
            let (mut last, mut bytes) = (len, len);
            while last == len
                && self.followers.len() + 1 < DatagramRun::MAX
                && let Some(Command::SendDatagram { payload, .. }) = self.queue.pop_front_if(|next| {
                    next.follows(&command, len) && bytes + next.datagram_len() <= MAX_RUN_BYTES
                })
            {
                last = payload.len();
                bytes += last;
                self.followers.push(payload);
            }
        }
        if let Some(Command::WriteTun(packet)) = self.lent.replace(command)
            && KEPT_BYTES.contains(&packet.capacity())
            && self.spare.len() < KEEP_PACKETS
        {
            self.spare.push(packet);
        }
        Some((self.lent.as_mut()?, &self.followers))
    }

    /// An empty packet with room for `len` bytes.
    pub(crate) fn packet(&mut self, len: usize) -> Vec<u8> {
        let mut packet = self.spare.pop().unwrap_or_default();
        packet.clear();
        packet.reserve(len);
        packet
    }

    /// The place that the next command gets.
    pub(crate) fn mark(&self) -> usize {
        self.queue.len()
    }

    /// Keeps back what was pushed since `mark`, a verdict and what follows from it, until its owner is known. The app asked
    /// over `transport`.
    pub(crate) fn await_owner(&mut self, mark: usize, transport: Transport, now: Timestamp) {
        if !self.refusals.has_room() {
            return;
        }
        let mut kept = self.queue.split_off(mark.min(self.queue.len()));
        match kept.pop_front() {
            Some(Command::Event(Event::Verdict(event))) => {
                let (app, remote) = (event.app, event.remote);
                let id = self.refusals.hold(event, kept.into(), now);
                self.push(Command::WhoOwns {
                    question: OwnerQuestion::Refusal(id),
                    transport,
                    app,
                    remote,
                });
            }
            other => self.queue.extend(other.into_iter().chain(kept)),
        }
    }

    /// The owner of a refusal is known, or will not be.
    pub(crate) fn handle_owner(&mut self, refusal: u32, owner: Option<AppId>) {
        self.queue.extend(self.refusals.answer(refusal, owner));
    }

    /// Lets go what has waited long enough.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(commands) = self.refusals.pop_due(now) {
            self.queue.extend(commands);
        }
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.refusals.poll_timeout()
    }

    /// The rules were replaced: what waits goes out, untold.
    pub(crate) fn rules_replaced(&mut self) {
        self.queue.extend(self.refusals.take_untold());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of the runs that these datagrams leave in: mapping, far end's port, whether they may be fragmented, length.
    fn runs(datagrams: &[(u32, u16, bool, usize)]) -> Vec<Vec<usize>> {
        let mut outbox = Outbox::default();
        for &(index, port, may_fragment, len) in datagrams {
            outbox.push(Command::SendDatagram {
                mapping: MappingId { index, generation: 0 },
                to: ([192, 0, 2, 1], port).into(),
                payload: Payload::Owned(vec![0; len]),
                may_fragment,
            });
        }
        let mut runs = Vec::new();
        while let Some((command, followers)) = outbox.lend() {
            let lens = followers.iter().map(Payload::len);
            runs.push(std::iter::once(command.datagram_len()).chain(lens).collect());
        }
        runs
    }

    #[test]
    fn datagrams_of_one_length_and_a_shorter_one_leave_together() {
        let run = [(1, 443, false, 1_350), (1, 443, false, 1_350), (1, 443, false, 9)];
        assert_eq!(runs(&run), [[1_350, 1_350, 9]]);
        let grows = [(1, 443, false, 9), (1, 443, false, 1_350), (1, 443, false, 1_350)];
        assert_eq!(runs(&grows), [vec![9], vec![1_350, 1_350]]);
    }

    #[test]
    fn another_flow_another_wish_and_an_empty_datagram_leave_alone() {
        let first = (1, 443, false, 7);
        for other in [
            (2, 443, false, 7),
            (1, 80, false, 7),
            (1, 443, true, 7),
            (1, 443, false, 0),
        ] {
            assert_eq!(runs(&[first, other, first]), [[7], [other.3], [7]]);
        }
        assert_eq!(runs(&[(1, 443, false, 0); 2]), [[0], [0]]);
    }

    #[test]
    fn run_ends_at_what_one_send_takes() {
        let lens = |len, count| {
            runs(&vec![(1, 443, false, len); count])
                .iter()
                .map(Vec::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(lens(100, 130), [64, 64, 2]);
        assert_eq!(lens(1_350, 100), [48, 48, 4]);
        assert_eq!(lens(60_000, 2), [1, 1]);
    }
}
