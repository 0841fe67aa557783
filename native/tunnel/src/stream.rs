//! Upstream TCP: one socket a flow, registered once.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use engine::{Failure, FlowId, Pump};
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use socket2::{Socket, TcpKeepalive};

use crate::options;
use crate::sockets::Sockets;
use crate::token::Source;

/// Bytes that a socket holds unsent before it says "full": more would be latency, not speed.
const UNSENT_BYTES: u32 = 128 * 1024;

/// The stream sockets, by [`FlowId`].
#[derive(Debug, Default)]
pub(crate) struct Streams {
    slots: Vec<Option<Stream>>,
}

#[derive(Debug)]
struct Stream {
    generation: u32,
    socket: Socket,
    connecting: bool,
    /// The socket did not take all of the last write, so the engine waits for it.
    full: bool,
    /// [`UNSENT_BYTES`] is set, which a flow that never fills its socket does not need.
    bounded: bool,
}

/// What an event says of a flow's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) flow: FlowId,
    /// The dial ended.
    pub(crate) dialed: Option<Result<(), Failure>>,
    /// There is something to read, or to learn by reading.
    pub(crate) readable: bool,
    /// The far end has finished or failed.
    pub(crate) closed: bool,
    /// The socket takes bytes again.
    pub(crate) writable: bool,
}

impl Streams {
    /// Starts to connect; `Some` if the outcome is known already.
    pub(crate) fn dial(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        flow: FlowId,
        to: SocketAddr,
    ) -> Option<Result<(), Failure>> {
        match self.connect(sockets, registry, flow, to) {
            Ok(true) => Some(Ok(())),
            Ok(false) => None,
            Err(error) => Some(Err(failure_of(&error))),
        }
    }

    /// True if the socket is connected, false if it will be.
    fn connect(
        &mut self,
        sockets: &Sockets,
        registry: &Registry,
        flow: FlowId,
        to: SocketAddr,
    ) -> io::Result<bool> {
        let socket = sockets.stream(to.ip())?;
        socket.set_tcp_nodelay(true)?;
        let connecting = match socket.connect(&to.into()) {
            Ok(()) => false,
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => true,
            Err(error) => return Err(error),
        };
        registry.register(
            &mut SourceFd(&socket.as_raw_fd()),
            Source::Stream(flow.index).token(),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        let index = flow.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(Stream {
            generation: flow.generation,
            socket,
            connecting,
            full: false,
            bounded: false,
        });
        Ok(!connecting)
    }

    /// Reads an event of the socket with this index.
    pub(crate) fn read_event(&mut self, index: u32, event: &Event) -> Option<News> {
        let stream = self.slots.get_mut(index as usize)?.as_mut()?;
        let flow = FlowId {
            index,
            generation: stream.generation,
        };
        let failed = event.is_error();
        let closed = failed || event.is_read_closed() || event.is_write_closed();
        let mut news = News {
            flow,
            dialed: None,
            readable: event.is_readable(),
            closed,
            writable: false,
        };
        if stream.connecting {
            if !closed && !event.is_writable() {
                return None;
            }
            stream.connecting = false;
            // Without EPOLLERR there is no pending error, so SO_ERROR need not be asked.
            let error = if failed {
                stream.socket.take_error().unwrap_or_else(Some)
            } else {
                None
            };
            news.dialed = Some(error.map_or(Ok(()), |error| Err(failure_of(&error))));
        } else if stream.full && event.is_writable() {
            stream.full = false;
            news.writable = true;
        }
        Some(news)
    }

    /// One gathered send.
    pub(crate) fn send(&mut self, flow: FlowId, pieces: &[IoSlice<'_>]) -> Pump {
        let Some(stream) = self.get_mut(flow) else {
            return Pump::Failed(Failure::Other);
        };
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let outcome = match pieces {
            [piece] => stream.socket.send_with_flags(piece, libc::MSG_NOSIGNAL),
            _ => stream.socket.send_vectored_with_flags(pieces, libc::MSG_NOSIGNAL),
        };
        match outcome {
            Ok(sent) => {
                if sent < offered {
                    stream.fill();
                }
                if sent == 0 { Pump::Full } else { Pump::Moved(sent) }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.fill();
                Pump::Full
            }
            Err(error) => Pump::Failed(failure_of(&error)),
        }
    }

    /// One scattered receive.
    pub(crate) fn receive(&self, flow: FlowId, pieces: &mut [IoSliceMut<'_>]) -> Pump {
        let Some(stream) = self.get(flow) else {
            return Pump::Failed(Failure::Other);
        };
        let outcome = match pieces {
            [piece] => (&stream.socket).read(piece),
            _ => (&stream.socket).read_vectored(pieces),
        };
        match outcome {
            Ok(0) => Pump::Eof,
            Ok(received) => Pump::Moved(received),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Pump::Full,
            Err(error) => Pump::Failed(failure_of(&error)),
        }
    }

    /// SHUT_WR. A socket that is dead already says so when it is read.
    pub(crate) fn shutdown(&self, flow: FlowId) {
        if let Some(stream) = self.get(flow) {
            let _ = stream.socket.shutdown(Shutdown::Write);
        }
    }

    /// Sets keep-alives. One that the kernel does not take is not worth a flow.
    pub(crate) fn keep_alive(&self, flow: FlowId, interval: Duration) {
        if let Some(stream) = self.get(flow) {
            let probes = TcpKeepalive::new().with_time(interval).with_interval(interval);
            let _ = stream.socket.set_tcp_keepalive(&probes);
        }
    }

    /// Sets SO_RCVLOWAT. Without it, the socket says "readable" more often, and nothing is lost.
    pub(crate) fn set_low_water(&self, flow: FlowId, bytes: u32) {
        if let Some(stream) = self.get(flow) {
            options::set_low_water(&stream.socket, bytes);
        }
    }

    /// Closes the socket, which also takes it out of epoll.
    pub(crate) fn close(&mut self, flow: FlowId, reset: bool) {
        let Some(slot) = self.slots.get_mut(flow.index as usize) else {
            return;
        };
        if let Some(stream) = slot.take_if(|stream| stream.generation == flow.generation)
            && reset
        {
            let _ = stream.socket.set_linger(Some(Duration::ZERO));
        }
    }

    fn get(&self, flow: FlowId) -> Option<&Stream> {
        let stream = self.slots.get(flow.index as usize)?.as_ref();
        stream.filter(|stream| stream.generation == flow.generation)
    }

    fn get_mut(&mut self, flow: FlowId) -> Option<&mut Stream> {
        let stream = self.slots.get_mut(flow.index as usize)?.as_mut();
        stream.filter(|stream| stream.generation == flow.generation)
    }
}

impl Stream {
    fn fill(&mut self) {
        self.full = true;
        if !self.bounded {
            self.bounded = true;
            let _ = self.socket.set_tcp_notsent_lowat(UNSENT_BYTES);
        }
    }
}

/// What an errno of a stream socket, or of opening one, means to the flow.
fn failure_of(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ECONNREFUSED) => Failure::Refused,
        Some(libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED) => Failure::Reset,
        Some(libc::EHOSTUNREACH | libc::EHOSTDOWN) => Failure::HostUnreachable,
        Some(
            libc::ENETUNREACH | libc::ENETDOWN | libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::ENETRESET,
        ) => Failure::NetUnreachable,
        Some(libc::ETIMEDOUT) => Failure::TimedOut,
        Some(libc::EACCES | libc::EPERM) => Failure::Prohibited,
        _ => Failure::Other,
    }
}

#[cfg(test)]
mod tests;
