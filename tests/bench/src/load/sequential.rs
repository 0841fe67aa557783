//! One try after the other, timed each: round trips, openings, greetings.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::client_hello;
use super::sample::Sample;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of one round trip.
const QUESTION: usize = 64;
/// Longer than that no row takes: fewer tries do, if each takes long.
const ENOUGH: Duration = Duration::from_secs(4);
/// Fewer say nothing.
const FEWEST: usize = 10;

/// Whether the rest of the tries may be left out.
fn is_enough(from: Instant, tries: usize) -> bool {
    tries >= FEWEST && from.elapsed() > ENOUGH
}

fn open(to: SocketAddr) -> Result<TcpStream> {
    let peer = TcpStream::connect_timeout(&to, PATIENCE)?;
    peer.set_nodelay(true)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    Ok(peer)
}

/// Round trips of 64 bytes on one connection.
///
/// # Errors
/// If it fails.
pub fn round_trips(to: SocketAddr, count: usize) -> Result<Value> {
    let mut peer = open(to)?;
    let (mut sample, mut bytes, begun) = (Sample::default(), [7; QUESTION], Instant::now());
    for _ in 0..count {
        if is_enough(begun, sample.len()) {
            break;
        }
        let from = Instant::now();
        peer.write_all(&bytes)?;
        peer.read_exact(&mut bytes)?;
        sample.push(from.elapsed());
    }
    Ok(sample.to_json())
}

/// Connections to a server that speaks first: SYN to its first byte.
///
/// # Errors
/// If one fails.
pub fn banners(to: SocketAddr, count: usize) -> Result<Value> {
    let (mut sample, begun) = (Sample::default(), Instant::now());
    for _ in 0..count {
        if is_enough(begun, sample.len()) {
            break;
        }
        let from = Instant::now();
        let mut peer = open(to)?;
        let len = peer.read(&mut [0; 64])?;
        sample.push(from.elapsed());
        ensure!(len > 0, "the server said nothing");
    }
    Ok(sample.to_json())
}

/// Connections that say a ClientHello: SYN to the first byte of the answer, or the hello to the reset.
///
/// # Errors
/// If one does neither.
pub fn first_bytes(to: SocketAddr, count: usize, name: &str) -> Result<Value> {
    let hello = client_hello(name);
    let (mut answered, mut reset, begun) = (Sample::default(), Sample::default(), Instant::now());
    for _ in 0..count {
        if is_enough(begun, answered.len() + reset.len()) {
            break;
        }
        let from = Instant::now();
        let mut peer = open(to)?;
        let said = Instant::now();
        peer.write_all(&hello)?;
        match peer.read(&mut [0; 4_096]) {
            Ok(0) => reset.push(said.elapsed()),
            Ok(_) => answered.push(from.elapsed()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => reset.push(said.elapsed()),
            Err(error) => return Err(error).context("after a ClientHello"),
        }
    }
    Ok(json!({ "answered": answered.to_json(), "reset": reset.to_json() }))
}
