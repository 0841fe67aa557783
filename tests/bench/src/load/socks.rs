//! A SOCKS5 server (RFC 1928) for peers that forward to one: no authentication, CONNECT and UDP ASSOCIATE.
//!
//! Its CPU is told apart from the peer's: a firewall on a phone would have no such server.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Where it listens.
pub const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1080);

/// What one copy moves.
const CHUNK: usize = 64 << 10;
/// Enough for a thread that copies; the chunks are on the heap.
const STACK: usize = 128 << 10;
/// How long the far end may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often an association without datagrams looks whether it is wanted still.
const LOOK: Duration = Duration::from_secs(1);

/// Listens at `at`, then serves for ever.
///
/// # Errors
/// If the port is taken.
pub fn serve(at: SocketAddr, ready: impl FnOnce()) -> Result<()> {
    let listener = TcpListener::bind(at)?;
    ready();
    for peer in listener.incoming() {
        let peer = peer?;
        // A connection that fails takes only itself along.
        spawn(move || answer(peer))?;
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

/// Relays datagrams for as long as the connection that asked for it lives.
fn associate(mut peer: TcpStream) -> Result<()> {
    let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let far = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?;
    let mut reply = vec![5, 0, 0];
    put_address(&mut reply, near.local_addr()?);
    peer.write_all(&reply)?;
    let client: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
    let alive = Arc::new(());
    for socket in [&near, &far] {
        socket.set_read_timeout(Some(LOOK))?;
    }
    let (near2, far2, client2, alive2) = (
        near.try_clone()?,
        far.try_clone()?,
        Arc::clone(&client),
        Arc::downgrade(&alive),
    );
    spawn(move || {
        let mut bytes = vec![0; CHUNK];
        while alive2.strong_count() > 0 {
            let Ok((len, from)) = near2.recv_from(&mut bytes) else {
                continue;
            };
            *client2.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
            let mut datagram = &bytes[..len];
            if let Ok([0, 0, 0, kind]) = take::<4>(&mut datagram)
                && let Ok(to) = address(&mut datagram, kind)
            {
                let _ = far2.send_to(datagram, mapped(to));
            }
        }
        Ok(())
    })?;
    let alive2 = Arc::downgrade(&alive);
    spawn(move || {
        let mut bytes = vec![0; CHUNK];
        while alive2.strong_count() > 0 {
            let Ok((len, from)) = far.recv_from(&mut bytes) else {
                continue;
            };
            let to = *client.lock().unwrap_or_else(PoisonError::into_inner);
            let mut datagram = vec![0; 3];
            put_address(
                &mut datagram,
                SocketAddr::new(from.ip().to_canonical(), from.port()),
            );
            datagram.extend(&bytes[..len]);
            if let Some(to) = to {
                let _ = near.send_to(&datagram, to);
            }
        }
        Ok(())
    })?;
    while peer.read(&mut [0; 64]).is_ok_and(|len| len > 0) {}
    drop(alive);
    Ok(())
}

/// The far socket is of both families.
const fn mapped(to: SocketAddr) -> SocketAddr {
    match to {
        SocketAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.ip().to_ipv6_mapped()), v4.port()),
        SocketAddr::V6(_) => to,
    }
}
