//! Upstream UDP: one unconnected socket a mapping and family.

mod receive;
mod send;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use engine::{DatagramRun, MappingId};
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use socket2::SockAddr;
use wire::icmp::Unreachable;

use self::receive::Inbox;
use crate::errqueue::{self, cause_of_errno};
use crate::options;
use crate::sockets::Sockets;
use crate::token::Source;

/// Datagrams read from one socket a turn; with more waiting the socket stays on the ready list.
const DATAGRAMS_A_TURN: usize = 64;

/// Datagrams read from one socket in a turn that make it one of bulk traffic.
const BULK: usize = 8;

/// A payload that fits into 576 bytes with any header (RFC 791) is never fragmented, so the option need not be set.
const SMALL_PAYLOAD: usize = 508;

/// An ICMP error about a datagram of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DatagramFailure {
    pub(crate) mapping: MappingId,
    pub(crate) to: SocketAddr,
    pub(crate) cause: Unreachable,
}

/// The datagram sockets, by [`MappingId`].
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    slots: Vec<Option<Mapping>>,
    /// Sockets that were not read to EAGAIN.
    ready: Vec<(MappingId, Family)>,
    failures: VecDeque<DatagramFailure>,
    cutting: Cutting,
    /// Sockets of bulk traffic.
    bulk: usize,
    /// Made for the first of them, and given back with the last.
    inbox: Option<Inbox>,
}

/// Whether a run leaves in one long datagram that the kernel cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Cutting {
    /// Not tried yet.
    #[default]
    Untried,
    /// It does.
    Works,
    /// The network's device cannot (EIO); another network's may.
    NotHere,
    /// The kernel does not know how.
    Unknown,
}

#[derive(Debug)]
struct Mapping {
    generation: u32,
    v4: Option<Port>,
    v6: Option<Port>,
}

#[derive(Debug)]
struct Port {
    socket: UdpSocket,
    /// What IP_MTU_DISCOVER was set to.
    fragments: Option<bool>,
    /// On the ready list.
    listed: bool,
    /// UDP_GRO is set: what is received may be several datagrams, as its control message says.
    bulk: bool,
}

/// Which of a mapping's two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Datagrams {
    /// Sends a run of datagrams. What the kernel says of them, or of those before, waits in [`Self::poll_failure`]; the
    /// error is for a socket that could not be opened.
    pub(crate) fn send<'a>(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        mapping: MappingId,
        to: SocketAddr,
        run: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        may_fragment: bool,
    ) -> io::Result<()> {
        let family = Family::of(to.ip());
        let payload = run.clone().next().unwrap_or_default();
        let port = match port_mut(&mut self.slots, mapping, family) {
            Some(port) => port,
            None => self.open(sockets, registry, mapping, to.ip())?,
        };
        if payload.len() > SMALL_PAYLOAD && port.fragments != Some(may_fragment) {
            port.fragments = Some(may_fragment);
            options::allow_fragments(&port.socket, family == Family::V6, may_fragment)?;
        }
        if run.len() > 1 {
            let mut pieces = [IoSlice::new(&[]); DatagramRun::MAX];
            let len = pieces
                .iter_mut()
                .zip(run)
                .map(|(piece, payload)| *piece = IoSlice::new(payload))
                .count();
            self.send_run(mapping, family, to, &pieces[..len]);
        } else if let Err(error) = port.socket.send_to(payload, to) {
            self.explain(mapping, family, to, payload, &error);
        }
        Ok(())
    }

    /// In one piece that the kernel cuts, else in one call, else one by one: whichever works.
    fn send_run(&mut self, mapping: MappingId, family: Family, to: SocketAddr, pieces: &[IoSlice<'_>]) {
        let Some(port) = port_mut(&mut self.slots, mapping, family) else {
            return;
        };
        let address = SockAddr::from(to);

        if self.cutting == Cutting::Untried {
            let knows = options::knows_segments(&port.socket);
            self.cutting = if knows { Cutting::Works } else { Cutting::Unknown };
        }
        if self.cutting == Cutting::Works
            && let Ok(len) = u16::try_from(pieces[0].len())
        {
            match send::cut(&port.socket, pieces, &address, len) {
                Ok(()) => return,
                Err(error) if error.raw_os_error() == Some(libc::EIO) => self.cutting = Cutting::NotHere,
                // A pending error, a full buffer, pieces longer than the path takes: each datagram finds out for itself.
                Err(_) => self.take_errors(mapping, family, Some(to)),
            }
        }
        let mut rest = pieces;
        while let Some((first, behind)) = rest.split_first() {
            let Some(port) = port_mut(&mut self.slots, mapping, family) else {
                return;
            };
            match send::together(&port.socket, rest, &address) {
                Ok(sent) => rest = rest.get(sent.max(1)..).unwrap_or_default(),
                // There is no room for those behind it either.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.explain(mapping, family, to, first, &error);
                    rest = behind;
                }
            }
        }
    }

    /// Another network may have another device.
    pub(crate) fn network_changed(&mut self) {
        if self.cutting == Cutting::NotHere {
            self.cutting = Cutting::Works;
        }
    }

    /// A send failed: with the error of an earlier datagram (then this one is sent again), or with one of its own.
    fn explain(
        &mut self,
        mapping: MappingId,
        family: Family,
        to: SocketAddr,
        payload: &[u8],
        error: &io::Error,
    ) {
        let Some(mut errno) = error.raw_os_error() else {
            return;
        };
        let waiting = self.failures.len();
        self.take_errors(mapping, family, Some(to));
        if errno == libc::EMSGSIZE {
            return;
        }
        if self.failures.len() > waiting {
            let Some(port) = port_mut(&mut self.slots, mapping, family) else {
                return;
            };
            let Err(error) = port.socket.send_to(payload, to) else {
                return;
            };
            errno = error.raw_os_error().unwrap_or(0);
        }
        if let Some(cause) = cause_of_errno(errno) {
            self.failures.push_back(DatagramFailure { mapping, to, cause });
        }
    }

    /// Reads what the event of one socket, or its place on the ready list, promises. `take` gets datagrams of one sender end
    /// to end, and their length, of which the last may fall short.
    pub(crate) fn receive(
        &mut self,
        mapping: MappingId,
        family: Family,
        buffer: &mut [u8],
        mut take: impl FnMut(SocketAddr, &[u8], usize),
    ) {
        let mut left = DATAGRAMS_A_TURN;
        // A scope or flow label is not part of the name that the app knows the sender by.
        let mut take = |from: SocketAddr, bytes: &[u8], segment: usize| {
            take(SocketAddr::new(from.ip(), from.port()), bytes, segment);
        };
        while left > 0 {
            let Some(port) = port_mut(&mut self.slots, mapping, family) else {
                return;
            };
            let outcome = if port.bulk {
                self.inbox
                    .get_or_insert_with(Inbox::new)
                    .receive(&port.socket, left, &mut take)
            } else {
                port.socket.recv_from(buffer).map(|(len, from)| {
                    take(from, buffer.get(..len).unwrap_or_default(), len);
                    (1, true)
                })
            };
            match outcome {
                Ok((datagrams, more)) => {
                    left = left.saturating_sub(datagrams);
                    if !more {
                        port.listed = false;
                        return;
                    }
                    if !port.bulk && DATAGRAMS_A_TURN - left >= BULK {
                        port.bulk = true;
                        self.bulk += 1;
                        options::receive_together(&port.socket);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    port.listed = false;
                    return;
                }
                // The error of an earlier datagram; the data behind it waits.
                Err(_) => {
                    left -= 1;
                    self.take_errors(mapping, family, None);
                }
            }
        }
        if let Some(port) = port_mut(&mut self.slots, mapping, family)
            && !port.listed
        {
            port.listed = true;
            self.ready.push((mapping, family));
        }
    }

    /// Empties the error queue of one socket. What this host says of a datagram names no port: it is `sent`'s.
    pub(crate) fn take_errors(&mut self, mapping: MappingId, family: Family, sent: Option<SocketAddr>) {
        let Some(port) = port_mut(&mut self.slots, mapping, family) else {
            return;
        };
        while let Some(error) = errqueue::take(&port.socket) {
            let to = if error.local {
                sent.unwrap_or(error.to)
            } else {
                error.to
            };
            let to = SocketAddr::new(to.ip(), to.port());
            self.failures.push_back(DatagramFailure {
                mapping,
                to,
                cause: error.cause,
            });
        }
    }

    /// The next error to pass on.
    pub(crate) fn poll_failure(&mut self) -> Option<DatagramFailure> {
        self.failures.pop_front()
    }

    /// The mapping whose socket has this index.
    pub(crate) fn mapping(&self, index: u32) -> Option<MappingId> {
        let mapping = self.slots.get(index as usize)?.as_ref()?;
        Some(MappingId {
            index,
            generation: mapping.generation,
        })
    }

    /// Whether a socket waits on the ready list.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the ready list, for each of which [`Self::receive`] is due.
    pub(crate) fn take_ready(&mut self) -> Vec<(MappingId, Family)> {
        for (mapping, family) in &self.ready {
            if let Some(port) = port_mut(&mut self.slots, *mapping, *family) {
                port.listed = false;
            }
        }
        std::mem::take(&mut self.ready)
    }

    /// Closes the mapping's sockets, which also takes them out of epoll.
    pub(crate) fn close(&mut self, mapping: MappingId) {
        let slot = self.slots.get_mut(mapping.index as usize);
        let closed = slot.and_then(|slot| slot.take_if(|open| open.generation == mapping.generation));
        self.count_closed(closed);
    }

    fn count_closed(&mut self, closed: Option<Mapping>) {
        let ports = closed.iter().flat_map(|closed| [&closed.v4, &closed.v6]);
        let bulk = ports.flatten().filter(|port| port.bulk).count();
        self.bulk -= bulk;
        if bulk > 0 && self.bulk == 0 {
            self.inbox = None;
        }
    }

    fn open(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        mapping: MappingId,
        to: IpAddr,
    ) -> io::Result<&mut Port> {
        let family = Family::of(to);
        let socket = UdpSocket::from(sockets.datagram(to)?);
        options::receive_errors(&socket, family == Family::V6)?;
        let source = match family {
            Family::V4 => Source::DatagramV4(mapping.index),
            Family::V6 => Source::DatagramV6(mapping.index),
        };
        registry.register(
            &mut SourceFd(&socket.as_raw_fd()),
            source.token(),
            Interest::READABLE,
        )?;

        let index = mapping.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        let stale = self.slots[index].take_if(|open| open.generation != mapping.generation);
        self.count_closed(stale);
        let open = self.slots[index].get_or_insert(Mapping {
            generation: mapping.generation,
            v4: None,
            v6: None,
        });
        Ok(open.port_mut(family).insert(Port {
            socket,
            fragments: None,
            listed: false,
            bulk: false,
        }))
    }
}

impl Mapping {
    fn port_mut(&mut self, family: Family) -> &mut Option<Port> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

impl Family {
    fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

fn port_mut(slots: &mut [Option<Mapping>], mapping: MappingId, family: Family) -> Option<&mut Port> {
    let open = slots.get_mut(mapping.index as usize)?.as_mut()?;
    if open.generation == mapping.generation {
        open.port_mut(family).as_mut()
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
