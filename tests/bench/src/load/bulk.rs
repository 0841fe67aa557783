//! Streams of TCP: as fast as they go, or paced.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// What one call reads or writes.
const CHUNK: usize = 128 << 10;
/// What a stream consists of.
const FILL: u8 = 0x5a;
/// The last byte of an upload. A half-close would say the same, but not every peer passes it on.
const END: u8 = 0xa5;
/// Longer than a stall that is worth a row.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two pieces of a paced stream.
const PACE: Duration = Duration::from_millis(1);

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the phone.
    Up,
    /// To the phone.
    Down,
}

impl Way {
    /// `up` or `down`.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            _ => bail!("{word}: up or down"),
        }
    }
}

/// What passed.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    bytes: u64,
    longest_stall: Duration,
}

/// `streams` connections for `seconds`; `rate` is bytes a second of each, 0 for as fast as it goes.
///
/// # Errors
/// If a connection fails or stalls for ten seconds.
pub fn client(to: SocketAddr, way: Way, streams: usize, seconds: f64, rate: u64) -> Result<Value> {
    let (from, until) = (Instant::now(), Duration::from_secs_f64(seconds));
    let running: Vec<_> = (0..streams)
        .map(|_| thread::spawn(move || stream(to, way, from + until, rate)))
        .collect();
    let mut all = Passed::default();
    for stream in running {
        let passed = stream
            .join()
            .ok()
            .context("a stream's thread failed")?
            .context("a stream failed")?;
        all.bytes += passed.bytes;
        all.longest_stall = all.longest_stall.max(passed.longest_stall);
    }
    Ok(json!({
        "bytes": all.bytes,
        "seconds": from.elapsed().as_secs_f64(),
        "stall_ms": all.longest_stall.as_secs_f64() * 1e3,
    }))
}

fn stream(to: SocketAddr, way: Way, until: Instant, rate: u64) -> Result<Passed> {
    let mut peer = TcpStream::connect_timeout(&to, PATIENCE)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.set_write_timeout(Some(PATIENCE))?;
    let mut request = [0; 9];
    request[0] = if way == Way::Up { b'U' } else { b'D' };
    request[1..].copy_from_slice(&rate.to_be_bytes());
    peer.write_all(&request)?;
    match way {
        Way::Up => {
            let sent = 1 + send(&mut peer, rate, || Instant::now() < until)?;
            peer.write_all(&[END])?;
            let mut answer = [0; 16];
            peer.read_exact(&mut answer).context("the server's count")?;
            let (bytes, stall) = answer.split_at(8);
            let bytes = u64::from_be_bytes(bytes.try_into()?);
            ensure!(bytes == sent, "{sent} bytes were sent, {bytes} arrived");
            Ok(Passed {
                bytes,
                longest_stall: Duration::from_nanos(u64::from_be_bytes(stall.try_into()?)),
            })
        }
        Way::Down => receive(&mut peer, |_| Instant::now() < until),
    }
}

/// One connection of the server.
///
/// # Errors
/// If it fails, as it does when a client that receives has had enough.
pub fn answer(peer: &mut TcpStream) -> Result<()> {
    let mut request = [0; 9];
    peer.read_exact(&mut request)?;
    let rate = u64::from_be_bytes(request[1..].try_into()?);
    if request[0] == b'D' {
        send(peer, rate, || true)?;
        return Ok(());
    }
    let passed = receive(peer, |bytes| bytes.last() != Some(&END))?;
    peer.write_all(&passed.bytes.to_be_bytes())?;
    let stall = u64::try_from(passed.longest_stall.as_nanos())?;
    Ok(peer.write_all(&stall.to_be_bytes())?)
}

/// Sends while `more` says so.
fn send(peer: &mut TcpStream, rate: u64, more: impl Fn() -> bool) -> Result<u64> {
    let chunk = vec![FILL; CHUNK];
    let from = Instant::now();
    let mut sent = 0;
    while more() {
        if rate == 0 {
            peer.write_all(&chunk)?;
            sent += CHUNK as u64;
            continue;
        }
        let due = (from.elapsed().as_secs_f64() * rate as f64) as u64;
        if due > sent {
            let len = usize::try_from(due - sent)?.min(CHUNK);
            peer.write_all(&chunk[..len])?;
            sent += len as u64;
        }
        thread::sleep(PACE);
    }
    Ok(sent)
}

/// Receives to the end, or while `more` of what came last says so.
fn receive(peer: &mut TcpStream, more: impl Fn(&[u8]) -> bool) -> Result<Passed> {
    let mut chunk = vec![0; CHUNK];
    let (mut passed, mut last) = (Passed::default(), Instant::now());
    loop {
        let len = peer.read(&mut chunk)?;
        passed.bytes += len as u64;
        passed.longest_stall = passed.longest_stall.max(last.elapsed());
        last = Instant::now();
        if len == 0 || !more(&chunk[..len]) {
            return Ok(passed);
        }
    }
}
