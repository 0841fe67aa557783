//! All servers of a run, in one process. They listen on both families.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::thread;

use anyhow::{Context, Result};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::{bulk, datagrams, port, questions};

/// Enough for what a server's thread holds.
const STACK: usize = 256 << 10;
/// Where tokens of connections begin, behind those of listeners.
const FIRST: usize = 16;

/// Starts all servers on the ports of [`port`]; returns once they listen.
///
/// # Errors
/// If a port is taken.
pub fn start() -> Result<()> {
    let echo = listen(port::ECHO)?;
    spawn("echo", move || serve_threads(&echo, echo_back))?;
    let bulk = listen(port::BULK)?;
    spawn("bulk", move || serve_threads(&bulk, bulk::answer))?;
    let many = [port::BANNER, port::HOLD, port::TLS].map(listen);
    let many = many.into_iter().collect::<Result<Vec<_>>>()?;
    spawn("many", move || serve_many(many))?;
    let quic = UdpSocket::bind(at(port::TLS)).context("the port of QUIC")?;
    spawn("quic", move || datagrams::serve(&quic))?;
    let echo = UdpSocket::bind(at(port::ECHO)).context("the port of the echo")?;
    spawn("udp-echo", move || {
        serve_datagrams(&echo, |asked| Some(asked.to_vec()))
    })?;
    let dns = UdpSocket::bind(at(port::DNS)).context("the port of DNS")?;
    spawn("dns", move || serve_datagrams(&dns, questions::answer))
}

const fn at(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(at(port)).with_context(|| format!("listening on port {port}"))
}

fn spawn(name: &str, run: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    thread.spawn(run)?;
    Ok(())
}

/// A thread a connection; one that fails takes only itself along.
pub(super) fn serve_threads(
    listener: &TcpListener,
    answer: impl Fn(&mut std::net::TcpStream) -> Result<()> + Copy + Send + 'static,
) -> Result<()> {
    for peer in listener.incoming() {
        let mut peer = peer?;
        peer.set_nodelay(true)?;
        spawn("peer", move || answer(&mut peer))?;
    }
    Ok(())
}

pub(super) fn echo_back(peer: &mut std::net::TcpStream) -> Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        match peer.read(&mut buffer)? {
            0 => return Ok(()),
            len => peer.write_all(&buffer[..len])?,
        }
    }
}

pub(super) fn serve_datagrams(socket: &UdpSocket, answer: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<()> {
    let mut buffer = [0; 65_536];
    loop {
        // An error here is an earlier client's port that is closed.
        if let Ok((len, from)) = socket.recv_from(&mut buffer)
            && let Some(answer) = answer(&buffer[..len])
        {
            let _ = socket.send_to(&answer, from);
        }
    }
}

/// Many connections on one thread: what arrives goes back, and the first of the listeners speaks first.
pub(super) fn serve_many(listeners: Vec<TcpListener>) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listeners: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            listener.set_nonblocking(true)?;
            Ok(mio::net::TcpListener::from_std(listener))
        })
        .collect::<Result<_>>()?;
    for (number, listener) in listeners.iter_mut().enumerate() {
        poll.registry()
            .register(listener, Token(number), Interest::READABLE)?;
    }
    let mut events = Events::with_capacity(1_024);
    let mut peers: Vec<Option<TcpStream>> = Vec::new();
    let (mut free, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            let number = event.token().0;
            if let Some(listener) = listeners.get(number) {
                while let Ok((mut peer, _)) = listener.accept() {
                    // A peer that is gone already is seen when it is read.
                    let _ = peer.set_nodelay(true);
                    if number == 0 {
                        let _ = peer.write(b"220 ready\r\n");
                    }
                    let place = free.pop().unwrap_or_else(|| {
                        peers.push(None);
                        peers.len() - 1
                    });
                    poll.registry()
                        .register(&mut peer, Token(FIRST + place), Interest::READABLE)?;
                    peers[place] = Some(peer);
                }
            } else if let Some(peer) = &mut peers[number - FIRST]
                && !send_back(peer, &mut buffer)
            {
                peers[number - FIRST] = None;
                free.push(number - FIRST);
            }
        }
    }
}

/// Whether the connection lives on. An event comes once, so it is read until nothing is left.
fn send_back(peer: &mut TcpStream, buffer: &mut [u8]) -> bool {
    loop {
        match peer.read(buffer) {
            Ok(0) => return false,
            Ok(len) => {
                if peer.write(&buffer[..len]).is_err() {
                    return false;
                }
                if len < buffer.len() {
                    // Nothing more was there; what comes now makes an event.
                    return true;
                }
            }
            Err(error) => return super::is_later(&error),
        }
    }
}
