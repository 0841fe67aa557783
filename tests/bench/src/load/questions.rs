//! DNS questions, each for another name and from a socket of its own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

use super::sample::Sample;

/// One that is not answered by then has failed.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many failures, and more of them than answers, are the end of it.
const ENOUGH: u64 = 16;
/// Longer than that no row takes: fewer questions do, if each takes long.
const LONGEST: Duration = Duration::from_secs(6);
/// How often the patience with each is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// The server's answer to every question.
const ANSWER: [u8; 4] = [198, 51, 100, 7];

#[derive(Debug)]
struct Slot {
    socket: UdpSocket,
    number: usize,
    from: Instant,
}

/// A question for the address of `name`.
fn question(number: usize, name: &str) -> Vec<u8> {
    let mut bytes = (number as u16).to_be_bytes().to_vec();
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

/// The answer to `question` with one address, as the server gives it; nothing, if it is no question.
pub fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let labels = question.get(12..)?;
    let mut at = 0;
    while *labels.get(at)? != 0 {
        at += 1 + usize::from(labels[at]);
    }
    // The name, its end, type and class.
    let asked = labels.get(..at + 5)?;
    let mut bytes = question[..2].to_vec();
    bytes.extend([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    bytes.extend(asked);
    bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4]);
    bytes.extend(ANSWER);
    Some(bytes)
}

/// Asks `count` questions for `qN.SUFFIX`, `at_once` at a time.
///
/// # Errors
/// If waiting fails, or an answer is not one.
pub fn client(to: SocketAddr, count: usize, at_once: usize, suffix: &str) -> Result<Value> {
    let any: SocketAddr = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse()?;
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1_024);
    let mut slots: Vec<Option<Slot>> = (0..at_once).map(|_| None).collect();
    let (mut asked, mut count, mut failed, mut refused) = (0, count, 0_u64, 0_u64);
    let (mut sample, mut buffer, from) = (Sample::default(), [0; 1_500], Instant::now());
    let mut looked = from;
    loop {
        for (place, slot) in slots.iter_mut().enumerate() {
            if slot.is_none() && asked < count {
                let mut socket = UdpSocket::bind(any)?;
                socket.connect(to)?;
                poll.registry()
                    .register(&mut socket, Token(place), Interest::READABLE)?;
                let from = Instant::now();
                socket.send(&question(asked, &format!("q{asked}.{suffix}")))?;
                *slot = Some(Slot {
                    socket,
                    number: asked,
                    from,
                });
                asked += 1;
            }
        }
        if asked == count && slots.iter().all(Option::is_none) {
            break;
        }
        poll.poll(&mut events, Some(LOOK))?;
        for event in &events {
            let Some(slot) = &slots[event.token().0] else {
                continue;
            };
            match slot.socket.recv(&mut buffer) {
                Ok(len) => {
                    ensure!(
                        len > 12
                            && buffer[..2] == (slot.number as u16).to_be_bytes()
                            && buffer[2] & 0x80 != 0,
                        "this answers another question"
                    );
                    refused += u64::from(!buffer[..len].ends_with(&ANSWER));
                    sample.push(slot.from.elapsed());
                }
                Err(error) if super::is_later(&error) => continue,
                Err(_) => failed += 1,
            }
            slots[event.token().0] = None;
        }
        if looked.elapsed() > LOOK {
            looked = Instant::now();
            if from.elapsed() > LONGEST {
                count = asked;
            }
            for slot in &mut slots {
                if slot.as_ref().is_some_and(|slot| slot.from.elapsed() > PATIENCE) {
                    failed += 1;
                    *slot = None;
                }
            }
            ensure!(
                failed < ENOUGH || failed <= sample.len() as u64,
                "{failed} questions had no answer, {} had one",
                sample.len()
            );
        }
    }
    Ok(json!({
        "ok": sample.len(),
        "failed": failed,
        "refused": refused,
        "seconds": from.elapsed().as_secs_f64(),
        "total": sample.to_json(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_repeats_the_question_and_adds_the_address() {
        let asked = question(0x1234, "q5.example.org");
        let answered = answer(&asked).unwrap();
        assert_eq!(answered[..2], [0x12, 0x34]);
        assert!(answered[12..].starts_with(&asked[12..]));
        assert!(answered.ends_with(&ANSWER));
    }

    #[test]
    fn every_truncation_of_a_question_is_no_question() {
        let asked = question(1, "q5.example.org");
        for len in 0..asked.len() {
            assert_eq!(answer(&asked[..len]), None, "{len}");
        }
    }
}
