//! A stream of known bytes: sent, received, hashed, its pauses measured.

use std::hash::Hasher;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Result;

const BLOCK: usize = 256 << 10;

/// Bytes of a piece of a steady download.
pub const PIECE: usize = 3_000;
/// Pieces of one run of it.
pub const PIECES: usize = 200;

/// What passed.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// Bytes.
    pub bytes: u64,
    /// Their hash, in order.
    pub hash: u64,
    /// From the first to the last.
    pub took: Duration,
    /// The longest time in which none passed.
    pub longest_pause: Duration,
}

impl Passed {
    /// Gigabits a second.
    pub fn gigabits(&self) -> f64 {
        self.bytes as f64 * 8.0 / self.took.as_secs_f64().max(1e-9) / 1e9
    }
}

struct Meter {
    // SipHash with fixed keys: the same in every process of one build, and the standard library brings it.
    hasher: std::hash::DefaultHasher,
    bytes: u64,
    start: Instant,
    last: Instant,
    longest_pause: Duration,
}

impl Meter {
    fn new() -> Self {
        let now = Instant::now();
        let hasher = std::hash::DefaultHasher::new();
        Self {
            hasher,
            bytes: 0,
            start: now,
            last: now,
            longest_pause: Duration::ZERO,
        }
    }

    fn pass(&mut self, data: &[u8]) {
        let now = Instant::now();
        self.longest_pause = self.longest_pause.max(now - self.last);
        self.last = now;
        self.hasher.write(data);
        self.bytes += data.len() as u64;
    }

    fn finish(self) -> Passed {
        Passed {
            bytes: self.bytes,
            hash: self.hasher.finish(),
            took: self.last - self.start,
            longest_pause: self.longest_pause,
        }
    }
}

/// Writes `bytes` bytes that repeat nowhere.
///
/// # Errors
/// If the connection fails.
pub fn send(peer: &mut TcpStream, bytes: u64) -> Result<Passed> {
    let mut block = noise();
    let mut meter = Meter::new();
    while meter.bytes < bytes {
        // The block's place makes it different from all others.
        block[..8].copy_from_slice(&meter.bytes.to_le_bytes());
        let length = (bytes - meter.bytes).min(BLOCK as u64) as usize;
        let mut rest = &block[..length];
        while !rest.is_empty() {
            let count = peer.write(rest)?;
            meter.pass(&rest[..count]);
            rest = &rest[count..];
        }
    }
    Ok(meter.finish())
}

/// Reads to the end.
///
/// # Errors
/// If the connection fails before it.
pub fn receive(peer: &mut TcpStream) -> Result<Passed> {
    let mut buffer = vec![0; BLOCK];
    let mut meter = Meter::new();
    loop {
        let count = peer.read(&mut buffer)?;
        if count == 0 {
            return Ok(meter.finish());
        }
        meter.pass(&buffer[..count]);
    }
}

/// What [`send`] would send, hashed.
pub fn expected_hash(bytes: u64) -> u64 {
    let mut block = noise();
    let mut meter = Meter::new();
    while meter.bytes < bytes {
        block[..8].copy_from_slice(&meter.bytes.to_le_bytes());
        let length = (bytes - meter.bytes).min(BLOCK as u64) as usize;
        meter.pass(&block[..length]);
    }
    meter.finish().hash
}

/// A block of xorshift noise, the same every time.
fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(BLOCK);
    while block.len() < BLOCK {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        block.extend_from_slice(&state.to_le_bytes());
    }
    block
}
