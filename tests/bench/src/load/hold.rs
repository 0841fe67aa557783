//! Connections that are opened, used once, and kept open.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many failures in a row are a bound, and the end of it.
const ENOUGH: usize = 200;

/// Opens `count` connections that say `first`, and gives those that were answered.
pub fn client(to: SocketAddr, count: usize, first: &[u8]) -> (Vec<TcpStream>, Value) {
    let from = Instant::now();
    let mut held = Vec::with_capacity(count);
    let (mut failed, mut in_a_row) = (0_usize, 0);
    for _ in 0..count {
        match open(to, first) {
            Ok(peer) => {
                held.push(peer);
                in_a_row = 0;
            }
            Err(_) => {
                failed += 1;
                in_a_row += 1;
            }
        }
        if in_a_row == ENOUGH {
            break;
        }
    }
    let said = json!({
        "held": held.len(),
        // Before the last that was answered: those behind it met a bound.
        "failed": failed - in_a_row,
        "beyond": in_a_row,
        "seconds": from.elapsed().as_secs_f64(),
    });
    (held, said)
}

fn open(to: SocketAddr, first: &[u8]) -> std::io::Result<TcpStream> {
    let mut peer = TcpStream::connect_timeout(&to, PATIENCE)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.write_all(first)?;
    match peer.read(&mut [0; 4_096])? {
        0 => Err(std::io::ErrorKind::ConnectionAborted.into()),
        _ => Ok(peer),
    }
}
