//! Connections opened, used once and closed, so many at a time.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

use super::sample::Sample;

/// One that has not come to its end by then has failed.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the patience with each is looked at.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct Slot {
    peer: TcpStream,
    from: Instant,
    has_asked: bool,
}

/// What came of all.
#[derive(Debug, Default)]
struct Outcome {
    sample: Sample,
    failed: BTreeMap<String, u64>,
}

/// Opens `at_once` connections at a time for `seconds`, each says `first` and waits for an answer.
///
/// # Errors
/// If waiting fails; a connection that fails is counted.
pub fn client(to: SocketAddr, seconds: f64, at_once: usize, first: &[u8]) -> Result<Value> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1_024);
    let mut slots: Vec<Option<Slot>> = (0..at_once).map(|_| None).collect();
    let (from, until) = (Instant::now(), Duration::from_secs_f64(seconds));
    let (mut outcome, mut looked) = (Outcome::default(), from);
    let mut buffer = vec![0; 8 << 10];
    loop {
        let go_on = from.elapsed() < until;
        if go_on {
            for (number, slot) in slots.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
                *slot = open(&poll, to, number, &mut outcome);
            }
        } else if slots.iter().all(Option::is_none) {
            break;
        }
        poll.poll(&mut events, Some(LOOK))?;
        for event in &events {
            let slot = &mut slots[event.token().0];
            if slot
                .as_mut()
                .is_some_and(|slot| advance(slot, first, &mut buffer, &mut outcome))
            {
                *slot = None;
            }
        }
        if looked.elapsed() > LOOK {
            looked = Instant::now();
            for slot in &mut slots {
                if slot.as_ref().is_some_and(|slot| slot.from.elapsed() > PATIENCE) {
                    *outcome.failed.entry("no answer".to_owned()).or_default() += 1;
                    *slot = None;
                }
            }
        }
    }
    Ok(json!({
        "ok": outcome.sample.len(),
        "failed": outcome.failed.values().sum::<u64>(),
        "failures": outcome.failed,
        "seconds": from.elapsed().as_secs_f64(),
        "total": outcome.sample.to_json(),
    }))
}

fn open(poll: &Poll, to: SocketAddr, number: usize, outcome: &mut Outcome) -> Option<Slot> {
    let from = Instant::now();
    let opened = TcpStream::connect(to).and_then(|mut peer| {
        poll.registry()
            .register(&mut peer, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        Ok(peer)
    });
    match opened {
        Ok(peer) => Some(Slot {
            peer,
            from,
            has_asked: false,
        }),
        Err(error) => {
            *outcome.failed.entry(error.kind().to_string()).or_default() += 1;
            None
        }
    }
}

/// Whether it has come to its end.
fn advance(slot: &mut Slot, first: &[u8], buffer: &mut [u8], outcome: &mut Outcome) -> bool {
    if !slot.has_asked {
        match slot.peer.write(first) {
            Ok(_) => slot.has_asked = true,
            Err(error) if super::is_later(&error) || error.kind() == std::io::ErrorKind::NotConnected => {}
            Err(error) => {
                *outcome.failed.entry(error.kind().to_string()).or_default() += 1;
                return true;
            }
        }
        return false;
    }
    match slot.peer.read(buffer) {
        Ok(0) => *outcome.failed.entry("closed".to_owned()).or_default() += 1,
        Ok(_) => outcome.sample.push(slot.from.elapsed()),
        Err(error) if super::is_later(&error) => return false,
        Err(error) => *outcome.failed.entry(error.kind().to_string()).or_default() += 1,
    }
    true
}
