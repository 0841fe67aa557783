//! UDP as QUIC uses it: a real Initial packet, then datagrams of 1,350 bytes within a window, acknowledged by the eight.
//!
//! The window keeps the queues on the way from overflowing, as a congestion controller would, so that what is compared is
//! the cost of datagrams that arrive.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::bulk::Way;
use super::client_hello::Hello;

#[allow(clippy::unwrap_used, reason = "it is made for tests")]
#[path = "../../../fixtures/quic_initial.rs"]
mod quic_initial;

/// Bytes of a datagram, as QUIC stacks send them on Ethernet before they probe for more.
const DATAGRAM: usize = 1_350;
/// Datagrams on their way: what fits a socket's usual buffer.
const WINDOW: u64 = 64;
/// Datagrams for one acknowledgement.
const ACK_EVERY: u64 = 8;
/// Bytes of an acknowledgement.
const ACK: usize = 40;
/// Without an acknowledgement for so long, what is on its way is lost.
const LOST: Duration = Duration::from_millis(20);
/// How often what has to arrive is said.
const TRIES: usize = 50;

/// The first byte: QUIC's short header, with bits for what this is.
mod kind {
    pub(super) const DATA: u8 = 0x40;
    pub(super) const ACK: u8 = 0x41;
    pub(super) const SEND: u8 = 0x42;
    pub(super) const STOP: u8 = 0x43;
    pub(super) const STOPPED: u8 = 0x44;
}

/// One end of the connection.
#[derive(Debug)]
struct End<'a> {
    socket: &'a UdpSocket,
    peer: SocketAddr,
    buffer: Vec<u8>,
}

/// What a receiver has.
#[derive(Debug, Clone, Copy, Default)]
struct Received {
    count: u64,
    next: u64,
}

impl Received {
    fn push(&mut self, number: u64) {
        self.count += 1;
        self.next = self.next.max(number + 1);
    }
}

impl<'a> End<'a> {
    fn new(socket: &'a UdpSocket, peer: SocketAddr) -> Self {
        Self {
            socket,
            peer,
            buffer: vec![0; 65_536],
        }
    }

    fn say(&self, kind: u8, number: u64, len: usize) -> Result<()> {
        let mut datagram = [0; DATAGRAM];
        datagram[0] = kind;
        datagram[1..9].copy_from_slice(&number.to_be_bytes());
        match self.socket.send_to(&datagram[..len], self.peer) {
            // A full queue loses a datagram, as any router does.
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The kind and number of the peer's next datagram; nothing within [`LOST`] is nothing.
    fn hear(&mut self) -> Result<Option<(u8, u64)>> {
        match self.socket.recv_from(&mut self.buffer) {
            Ok((len, from)) if from == self.peer && len >= 9 => {
                let number = u64::from_be_bytes(self.buffer[1..9].try_into()?);
                Ok(Some((self.buffer[0], number)))
            }
            Ok(_) => Ok(None),
            Err(error) if super::is_later(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends within the window until `more` says no or the peer says stop; how many were sent.
    fn send(&mut self, mut more: impl FnMut() -> bool) -> Result<u64> {
        let (mut sent, mut acked, mut silent) = (0, 0, 0);
        while more() && silent < TRIES {
            while sent - acked < WINDOW {
                self.say(kind::DATA, sent, DATAGRAM)?;
                sent += 1;
            }
            match self.hear()? {
                Some((kind::ACK, next)) => {
                    acked = next.clamp(acked, sent);
                    silent = 0;
                }
                Some((kind::STOP, _)) => {
                    self.say(kind::STOPPED, sent, ACK)?;
                    return Ok(sent);
                }
                Some(_) => {}
                None => {
                    acked = sent;
                    silent += 1;
                }
            }
        }
        Ok(sent)
    }

    fn handle_data(&self, received: &mut Received, number: u64) -> Result<()> {
        received.push(number);
        if received.count.is_multiple_of(ACK_EVERY) {
            self.say(kind::ACK, received.next, ACK)?;
        }
        Ok(())
    }
}

/// The first flight of a QUIC client that names `name`.
fn first_flight(name: &str) -> Vec<Vec<u8>> {
    quic_initial::Initial::new(7).datagrams(&Hello::to(name).message())
}

/// Sends or receives for `seconds`.
///
/// # Errors
/// If the server does not answer.
pub fn client(to: SocketAddr, way: Way, seconds: f64, name: &str) -> Result<Value> {
    let any: SocketAddr = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse()?;
    let socket = UdpSocket::bind(any)?;
    socket.set_read_timeout(Some(LOST))?;
    let mut end = End::new(&socket, to);
    greet(&mut end, name)?;
    let (from, until) = (Instant::now(), Duration::from_secs_f64(seconds));
    let (sent, received) = match way {
        Way::Up => {
            let sent = end.send(|| from.elapsed() < until)?;
            (sent, ask(&mut end, kind::STOP, kind::STOPPED)?)
        }
        Way::Down => receive(&mut end, from + until)?,
    };
    Ok(json!({
        "bytes": received * DATAGRAM as u64,
        "seconds": from.elapsed().as_secs_f64(),
        "sent": sent,
        "lost": sent.saturating_sub(received),
    }))
}

/// Sends a first flight until the server has answered it.
fn greet(end: &mut End<'_>, name: &str) -> Result<()> {
    for _ in 0..TRIES {
        for datagram in first_flight(name) {
            end.socket.send_to(&datagram, end.peer)?;
        }
        if end.hear()?.is_some() {
            return Ok(());
        }
    }
    anyhow::bail!("no answer to a first flight: {}", end.peer)
}

/// Says `what` until `answer` comes; its number.
fn ask(end: &mut End<'_>, what: u8, answer: u8) -> Result<u64> {
    for _ in 0..TRIES {
        end.say(what, 0, ACK)?;
        // Acknowledgements may be on their way before it.
        for _ in 0..2 * WINDOW {
            match end.hear()? {
                Some((kind, number)) if kind == answer => return Ok(number),
                Some(_) => {}
                None => break,
            }
        }
    }
    anyhow::bail!("no answer from {}", end.peer)
}

/// Receives until `until`; how many were sent and how many arrived.
fn receive(end: &mut End<'_>, until: Instant) -> Result<(u64, u64)> {
    let (mut received, from) = (Received::default(), Instant::now());
    end.say(kind::SEND, 0, ACK)?;
    while Instant::now() < until {
        match end.hear()? {
            Some((kind::DATA, number)) => end.handle_data(&mut received, number)?,
            Some(_) => {}
            None if received.count == 0 => end.say(kind::SEND, 0, ACK)?,
            // What was on its way is lost; this tells the sender where to go on.
            None => end.say(kind::ACK, received.next, ACK)?,
        }
    }
    ensure!(received.count > 0, "nothing came within {:?}", from.elapsed());
    let arrived = received.count;
    let sent = ask(end, kind::STOP, kind::STOPPED).context("the sender's count")?;
    Ok((sent, arrived))
}

/// The server: one client at a time.
///
/// # Errors
/// If the socket fails.
pub fn serve(socket: &UdpSocket) -> Result<()> {
    socket.set_read_timeout(Some(LOST))?;
    let mut buffer = vec![0; 65_536];
    let mut current: Option<(SocketAddr, Received)> = None;
    loop {
        let (len, from) = match socket.recv_from(&mut buffer) {
            Ok(arrived) => arrived,
            Err(error) if super::is_later(&error) => continue,
            // What an earlier client no longer hears.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error.into()),
        };
        let (Some(first), Some(number)) = (buffer.first(), buffer.get(1..9)) else {
            continue;
        };
        let number = u64::from_be_bytes(number.try_into()?);
        let mut end = End {
            socket,
            peer: from,
            buffer: Vec::new(),
        };
        match *first {
            _ if len < 9 => {}
            // A long header: a client's first flight. It is answered, so that whoever watches sees a connection.
            first if first & 0x80 != 0 => {
                current = Some((from, Received::default()));
                socket.send_to(&[0x4f; 1_200], from)?;
            }
            kind::DATA => {
                if let Some((client, received)) = &mut current
                    && *client == from
                {
                    end.handle_data(received, number)?;
                }
            }
            kind::SEND => {
                end.buffer = vec![0; 65_536];
                end.send(|| true)?;
            }
            kind::STOP => {
                let count = current.as_ref().map_or(0, |(_, received)| received.count);
                end.say(kind::STOPPED, count, ACK)?;
            }
            _ => {}
        }
    }
}
