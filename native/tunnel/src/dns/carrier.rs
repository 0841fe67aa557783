//! One socket towards a resolver: datagrams, or messages behind their length on a stream (RFC 1035 section 4.2.2).

use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use engine::resolver::SocketId;
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use socket2::Socket;

use crate::sockets::Sockets;
use crate::token::Source;

/// Reads of one stream a turn; a resolver that sends more at once has gone mad.
const READS_A_TURN: usize = 64;

/// The socket could not be opened, was refused, or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// One socket.
#[derive(Debug)]
pub(super) enum Carrier {
    Udp(Socket),
    Tcp(Stream),
}

/// A connection, with the bytes that wait in either direction.
#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    connecting: bool,
    unsent: Vec<u8>,
    /// The beginning of a message.
    partial: Vec<u8>,
}

impl Carrier {
    /// Opens a connected datagram socket; the kernel chooses its port.
    pub(super) fn open_udp(
        sockets: &Sockets,
        registry: &Registry,
        id: SocketId,
        to: SocketAddr,
    ) -> Result<Self, Broken> {
        let socket = sockets.datagram(to.ip())?;
        socket.connect(&to.into())?;
        register(registry, &socket, id, Interest::READABLE)?;
        Ok(Self::Udp(socket))
    }

    /// Opens a stream socket and starts to connect it.
    pub(super) fn open_tcp(
        sockets: &Sockets,
        registry: &Registry,
        id: SocketId,
        to: SocketAddr,
    ) -> Result<Self, Broken> {
        let socket = sockets.stream(to.ip())?;
        socket.set_tcp_nodelay(true)?;
        let connecting = match socket.connect(&to.into()) {
            Ok(()) => false,
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => true,
            Err(_) => return Err(Broken),
        };
        register(registry, &socket, id, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self::Tcp(Stream {
            socket,
            connecting,
            unsent: Vec::new(),
            partial: Vec::new(),
        }))
    }

    /// Sends a message. A datagram that finds no room is lost, and asked again in time.
    pub(super) fn send(&mut self, message: &[u8]) -> Result<(), Broken> {
        match self {
            Self::Udp(socket) => match socket.send(message) {
                Err(error) if !is_full(&error) => Err(Broken),
                _ => Ok(()),
            },
            Self::Tcp(stream) => stream.send(message),
        }
    }

    /// Reads what an event promises and passes each message to `take`, which says whether more are waited for.
    pub(super) fn handle_event(
        &mut self,
        event: &Event,
        buffer: &mut [u8],
        take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Broken> {
        match self {
            Self::Udp(socket) => receive(socket, buffer, take),
            Self::Tcp(stream) => stream.handle_event(event, buffer, take),
        }
    }
}

fn register(registry: &Registry, socket: &Socket, id: SocketId, interest: Interest) -> io::Result<()> {
    registry.register(
        &mut SourceFd(&socket.as_raw_fd()),
        Source::Dns(id.index).token(),
        interest,
    )
}

fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

/// Reads datagrams for as long as one is waited for. What comes uncalled raises another event with the next.
fn receive(socket: &Socket, buffer: &mut [u8], mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Broken> {
    let mut socket = socket;
    loop {
        match socket.read(buffer) {
            Ok(len) => {
                if !take(buffer.get(..len).unwrap_or_default()) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Broken),
        }
    }
}

impl Stream {
    fn send(&mut self, message: &[u8]) -> Result<(), Broken> {
        let len = u16::try_from(message.len()).map_err(|_| Broken)?;
        self.unsent.extend_from_slice(&len.to_be_bytes());
        self.unsent.extend_from_slice(message);
        if self.connecting { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Broken> {
        while !self.unsent.is_empty() {
            match self.socket.send_with_flags(&self.unsent, libc::MSG_NOSIGNAL) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if is_full(&error) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Broken),
            }
        }
        Ok(())
    }

    fn handle_event(
        &mut self,
        event: &Event,
        buffer: &mut [u8],
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Broken> {
        if event.is_error() {
            return Err(Broken);
        }
        if event.is_writable() {
            self.connecting = false;
            self.flush()?;
        }
        if !event.is_readable() && !event.is_read_closed() {
            return Ok(());
        }
        for _ in 0..READS_A_TURN {
            match (&self.socket).read(buffer) {
                Ok(0) => return Err(Broken),
                Ok(len) => {
                    self.partial
                        .extend_from_slice(buffer.get(..len).unwrap_or_default());
                    self.take_messages(&mut take);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Broken),
            }
        }
        Err(Broken)
    }

    /// Passes on the messages that are complete.
    fn take_messages(&mut self, take: &mut impl FnMut(&[u8]) -> bool) {
        let mut rest = self.partial.as_slice();
        while let Some((len, behind)) = rest.split_first_chunk::<2>()
            && let Some((message, behind)) = behind.split_at_checked(u16::from_be_bytes(*len).into())
        {
            take(message);
            rest = behind;
        }
        let taken = self.partial.len() - rest.len();
        self.partial.drain(..taken);
    }
}
