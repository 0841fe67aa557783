//! Upstream ICMP echo: one ping socket a source. The kernel owns the identifier and the checksum.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use engine::EchoId;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use wire::icmp::Unreachable;

use crate::errqueue::{self, cause_of_errno};
use crate::options;
use crate::sockets::Sockets;
use crate::token::Source;

/// ICMP type "echo", RFC 792.
const ECHO_REQUEST_V4: u8 = 8;
/// ICMPv6 type "echo request", RFC 4443, 4.1.
const ECHO_REQUEST_V6: u8 = 128;
/// Type, code, checksum, identifier, sequence number.
const HEADER_LEN: usize = 8;
/// Replies read from one socket at an event; what is left waits for the next reply's.
const REPLIES_AN_EVENT: usize = 256;

/// The ping sockets, by [`EchoId`].
#[derive(Debug, Default)]
pub(crate) struct Echoes {
    slots: Vec<Option<Ping>>,
    message: Vec<u8>,
}

#[derive(Debug)]
struct Ping {
    generation: u32,
    socket: UdpSocket,
    /// Whom the last request went to: replies of others are not passed on.
    to: IpAddr,
}

/// What a ping socket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EchoNews<'a> {
    /// A reply.
    Reply { seq: u16, payload: &'a [u8] },
    /// An ICMP error.
    Failed(Unreachable),
}

impl Echoes {
    /// Sends a request; the error is what became of it at once.
    pub(crate) fn send(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        echo: EchoId,
        to: IpAddr,
        seq: u16,
        payload: &[u8],
    ) -> io::Result<()> {
        self.message.clear();
        let kind = if to.is_ipv4() {
            ECHO_REQUEST_V4
        } else {
            ECHO_REQUEST_V6
        };
        let [high, low] = seq.to_be_bytes();
        self.message.extend_from_slice(&[kind, 0, 0, 0, 0, 0, high, low]);
        self.message.extend_from_slice(payload);

        let known = get_mut(&mut self.slots, echo).is_some_and(|ping| ping.to.is_ipv4() == to.is_ipv4());
        if !known {
            self.open(sockets, registry, echo, to)?;
        }
        let Some(ping) = get_mut(&mut self.slots, echo) else {
            return Ok(());
        };
        ping.to = to;
        let to = SocketAddr::new(to, 0);
        if ping.socket.send_to(&self.message, to).is_err() {
            // Most likely the error of an earlier request, which its event tells of. It is cleared by being told.
            ping.socket.send_to(&self.message, to)?;
        }
        Ok(())
    }

    /// Reads what the event of the socket with this index promises.
    pub(crate) fn receive(&self, index: u32, buffer: &mut [u8], mut take: impl FnMut(EchoId, EchoNews<'_>)) {
        let Some(ping) = self.slots.get(index as usize).and_then(Option::as_ref) else {
            return;
        };
        let echo = EchoId {
            index,
            generation: ping.generation,
        };
        while let Some(error) = errqueue::take(&ping.socket) {
            take(echo, EchoNews::Failed(error.cause));
        }
        for _ in 0..REPLIES_AN_EVENT {
            match ping.socket.recv_from(buffer) {
                Ok((len, from)) if from.ip() == ping.to => {
                    let reply = buffer.get(..len).unwrap_or_default();
                    if let Some((&[_, _, _, _, _, _, high, low], payload)) =
                        reply.split_first_chunk::<HEADER_LEN>()
                    {
                        take(
                            echo,
                            EchoNews::Reply {
                                seq: u16::from_be_bytes([high, low]),
                                payload,
                            },
                        );
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The error of a request, which the queue has told.
                Err(_) => {}
            }
        }
    }

    /// Closes the socket, which also takes it out of epoll.
    pub(crate) fn close(&mut self, echo: EchoId) {
        if let Some(slot) = self.slots.get_mut(echo.index as usize) {
            slot.take_if(|ping| ping.generation == echo.generation);
        }
    }

    fn open(&mut self, sockets: &Sockets, registry: &Registry, echo: EchoId, to: IpAddr) -> io::Result<()> {
        let socket = UdpSocket::from(sockets.ping(to)?);
        options::receive_errors(&socket, to.is_ipv6())?;
        let token = Source::Echo(echo.index).token();
        registry.register(&mut SourceFd(&socket.as_raw_fd()), token, Interest::READABLE)?;
        let index = echo.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(Ping {
            generation: echo.generation,
            socket,
            to,
        });
        Ok(())
    }
}

/// What a failed send says to the app that pings.
pub(crate) fn cause_of(error: &io::Error) -> Unreachable {
    error
        .raw_os_error()
        .and_then(cause_of_errno)
        .unwrap_or(Unreachable::Host)
}

fn get_mut(slots: &mut [Option<Ping>], echo: EchoId) -> Option<&mut Ping> {
    slots
        .get_mut(echo.index as usize)?
        .as_mut()
        .filter(|ping| ping.generation == echo.generation)
}

#[cfg(test)]
mod tests;
