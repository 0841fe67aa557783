//! The floor: every packet of one TUN copied to another, and back. It looks at nothing.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

/// More than the largest packet that a TUN gives or takes.
const LARGEST: usize = 70_000;
/// Packets of one direction before the other has its turn.
const BATCH: usize = 64;

/// Copies between two non-blocking descriptors until one of them fails.
///
/// # Errors
/// If waiting or reading fails. A packet that the other side does not take is lost, as on any link.
pub fn run(mut ends: [File; 2]) -> Result<()> {
    let mut poll = Poll::new()?;
    for (number, end) in ends.iter().enumerate() {
        poll.registry()
            .register(&mut SourceFd(&end.as_raw_fd()), Token(number), Interest::READABLE)
            .context("waiting for a TUN")?;
    }
    let (mut events, mut packet) = (Events::with_capacity(8), vec![0; LARGEST]);
    // An event comes once for what waits, so whoever was not read empty is read again without one.
    let mut waiting = [true; 2];
    loop {
        if waiting == [false; 2] {
            if let Err(error) = poll.poll(&mut events, None) {
                if error.kind() == ErrorKind::Interrupted {
                    continue;
                }
                return Err(error.into());
            }
            for event in &events {
                waiting[event.token().0] = true;
            }
        }
        for (from, is_waiting) in waiting.iter_mut().enumerate() {
            if *is_waiting {
                *is_waiting = !copy_batch(&mut ends, from, &mut packet)?;
            }
        }
    }
}

/// Copies up to a batch; whether nothing is left.
fn copy_batch(ends: &mut [File; 2], from: usize, packet: &mut [u8]) -> Result<bool> {
    for _ in 0..BATCH {
        match ends[from].read(packet) {
            Ok(len) => drop(ends[1 - from].write(&packet[..len])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading a TUN"),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;
    use std::thread;

    use super::*;

    #[test]
    fn packets_arrive_whole_and_in_order_both_ways() {
        let (left, left_end) = UnixDatagram::pair().unwrap();
        let (right, right_end) = UnixDatagram::pair().unwrap();
        let ends = [left_end, right_end].map(|end| {
            end.set_nonblocking(true).unwrap();
            File::from(OwnedFd::from(end))
        });
        thread::spawn(move || run(ends));
        let mut packet = [0; 2_000];
        for (from, to) in [(&left, &right), (&right, &left)] {
            // More than a batch, so that one turn does not do; fewer than a socket's queue holds at once.
            for round in 0..30_u8 {
                for number in 0..5_u8 {
                    from.send(&[round, number, 7]).unwrap();
                }
                for number in 0..5_u8 {
                    let len = to.recv(&mut packet).unwrap();
                    assert_eq!(packet[..len], [round, number, 7]);
                }
            }
        }
    }
}
