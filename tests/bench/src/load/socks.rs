//! A SOCKS5 server (RFC 1928) for peers that forward to one: no authentication, CONNECT and UDP ASSOCIATE.
//!
//! Its CPU is told apart from the peer's: a firewall on a phone would have no such server.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

/// Where it listens.
pub const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1080);

/// What one copy moves.
const CHUNK: usize = 64 << 10;
/// Enough for a thread that copies; the chunks are on the heap.
const STACK: usize = 128 << 10;
/// How long the far end may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Listens at `at`, then serves for ever.
///
/// # Errors
/// If the port is taken.
pub fn serve(at: SocketAddr, ready: impl FnOnce()) -> Result<()> {
    let listener = TcpListener::bind(at)?;
    ready();
    for peer in listener.incoming() {
        let peer = peer?;
        // A connection that fails, or for which there is no thread, takes only itself along.
        let _ = spawn(move || answer(peer));
    }
    Ok(())
}

fn spawn(run: impl FnOnce() -> Result<()> + Send + 'static) -> Result<thread::JoinHandle<Result<()>>> {
    Ok(thread::Builder::new().stack_size(STACK).spawn(run)?)
}

fn answer(mut peer: TcpStream) -> Result<()> {
    peer.set_nodelay(true)?;
    let [version, methods] = take(&mut peer)?;
    ensure!(version == 5, "not SOCKS5");
    peer.read_exact(&mut vec![0; usize::from(methods)])?;
    peer.write_all(&[5, 0])?;
    let [_, command, _, kind] = take(&mut peer)?;
    let to = address(&mut peer, kind)?;
    match command {
        1 => connect(peer, to),
        3 => associate(peer),
        _ => Ok(peer.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0])?),
    }
}

fn take<const N: usize>(from: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn address(from: &mut impl Read, kind: u8) -> Result<SocketAddr> {
    let ip: IpAddr = match kind {
        1 => Ipv4Addr::from(take::<4>(from)?).into(),
        4 => Ipv6Addr::from(take::<16>(from)?).into(),
        _ => bail!("an address of kind {kind}"),
    };
    Ok(SocketAddr::new(ip, u16::from_be_bytes(take(from)?)))
}

fn put_address(bytes: &mut Vec<u8>, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => {
            bytes.push(1);
            bytes.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            bytes.push(4);
            bytes.extend(ip.octets());
        }
    }
    bytes.extend(address.port().to_be_bytes());
}

fn connect(mut peer: TcpStream, to: SocketAddr) -> Result<()> {
    let Ok(far) = TcpStream::connect_timeout(&to, PATIENCE) else {
        return Ok(peer.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0])?);
    };
    far.set_nodelay(true)?;
    peer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let (from, back) = (peer.try_clone()?, far.try_clone()?);
    let up = spawn(move || relay(from, far))?;
    relay(back, peer)?;
    up.join().ok().context("a relay's thread failed")?
}

/// Copies one way until its end, which it passes on.
fn relay(mut from: TcpStream, mut to: TcpStream) -> Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk) {
            Ok(len) if len > 0 => {
                if to.write_all(&chunk[..len]).is_err() {
                    break;
                }
            }
            _ => break,
        }
    }
    // Either may be gone by then.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
    Ok(())
}

/// Relays datagrams for as long as the connection that asked for it lives; on one thread, as there may be thousands.
fn associate(mut peer: TcpStream) -> Result<()> {
    const NEAR: Token = Token(0);
    const FAR: Token = Token(1);
    const CONTROL: Token = Token(2);
    let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let far = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?;
    let mut reply = vec![5, 0, 0];
    put_address(&mut reply, near.local_addr()?);
    peer.write_all(&reply)?;
    let mut poll = Poll::new()?;
    for (fd, token) in [
        (near.as_raw_fd(), NEAR),
        (far.as_raw_fd(), FAR),
        (peer.as_raw_fd(), CONTROL),
    ] {
        poll.registry()
            .register(&mut SourceFd(&fd), token, Interest::READABLE)?;
    }
    near.set_nonblocking(true)?;
    far.set_nonblocking(true)?;
    peer.set_nonblocking(true)?;
    let (mut events, mut bytes, mut client) = (Events::with_capacity(8), vec![0; CHUNK], None);
    loop {
        if let Err(error) = poll.poll(&mut events, None) {
            if super::is_later(&error) {
                continue;
            }
            return Err(error.into());
        }
        for event in &events {
            match event.token() {
                NEAR => {
                    while let Ok((len, from)) = near.recv_from(&mut bytes) {
                        client = Some(from);
                        forward(&bytes[..len], &far);
                    }
                }
                FAR => {
                    while let Ok((len, from)) = far.recv_from(&mut bytes) {
                        let Some(client) = client else { continue };
                        let mut datagram = vec![0; 3];
                        put_address(
                            &mut datagram,
                            SocketAddr::new(from.ip().to_canonical(), from.port()),
                        );
                        datagram.extend(&bytes[..len]);
                        let _ = near.send_to(&datagram, client);
                    }
                }
                _ => match peer.read(&mut [0; 64]) {
                    Err(error) if super::is_later(&error) => {}
                    Ok(len) if len > 0 => {}
                    _ => return Ok(()),
                },
            }
        }
    }
}

/// What a client wants to have sent; no fragments.
fn forward(mut datagram: &[u8], far: &UdpSocket) {
    if let Ok([0, 0, 0, kind]) = take::<4>(&mut datagram)
        && let Ok(to) = address(&mut datagram, kind)
    {
        let _ = far.send_to(datagram, mapped(to));
    }
}

/// The far socket is of both families.
const fn mapped(to: SocketAddr) -> SocketAddr {
    match to {
        SocketAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.ip().to_ipv6_mapped()), v4.port()),
        SocketAddr::V6(_) => to,
    }
}
