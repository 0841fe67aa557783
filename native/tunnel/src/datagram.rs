//! Upstream UDP: one unconnected socket a mapping and family.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use engine::MappingId;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use wire::icmp::Unreachable;

use crate::errqueue::{self, cause_of_errno};
use crate::options;
use crate::sockets::Sockets;
use crate::token::Source;

/// Datagrams read from one socket a turn; with more waiting the socket stays on the ready list.
const DATAGRAMS_A_TURN: usize = 64;

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
}

/// Which of a mapping's two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Datagrams {
    /// Sends one datagram. What the kernel says of it, or of those before, waits in [`Self::poll_failure`]; the error
    /// is for a socket that could not be opened.
    pub(crate) fn send(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        mapping: MappingId,
        to: SocketAddr,
        payload: &[u8],
        may_fragment: bool,
    ) -> io::Result<()> {
        let family = Family::of(to.ip());
        let port = match port_mut(&mut self.slots, mapping, family) {
            Some(port) => port,
            None => self.open(sockets, registry, mapping, to.ip())?,
        };
        if payload.len() > SMALL_PAYLOAD && port.fragments != Some(may_fragment) {
            port.fragments = Some(may_fragment);
            options::allow_fragments(&port.socket, family == Family::V6, may_fragment)?;
        }
        let Err(error) = port.socket.send_to(payload, to) else {
            return Ok(());
        };
        self.explain(mapping, family, to, payload, &error);
        Ok(())
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

    /// Reads what the event of one socket, or its place on the ready list, promises.
    pub(crate) fn receive(
        &mut self,
        mapping: MappingId,
        family: Family,
        buffer: &mut [u8],
        mut take: impl FnMut(SocketAddr, &[u8]),
    ) {
        for _ in 0..DATAGRAMS_A_TURN {
            let Some(port) = port_mut(&mut self.slots, mapping, family) else {
                return;
            };
            match port.socket.recv_from(buffer) {
                // A scope or flow label is not part of the name that the app knows the sender by.
                Ok((len, from)) => {
                    take(
                        SocketAddr::new(from.ip(), from.port()),
                        buffer.get(..len).unwrap_or_default(),
                    );
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    port.listed = false;
                    return;
                }
                // The error of an earlier datagram; the data behind it waits.
                Err(_) => self.take_errors(mapping, family, None),
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
        if let Some(slot) = self.slots.get_mut(mapping.index as usize) {
            slot.take_if(|open| open.generation == mapping.generation);
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
        let slot = &mut self.slots[index];
        slot.take_if(|open| open.generation != mapping.generation);
        let open = slot.get_or_insert(Mapping {
            generation: mapping.generation,
            v4: None,
            v6: None,
        });
        Ok(open.port_mut(family).insert(Port {
            socket,
            fragments: None,
            listed: false,
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
