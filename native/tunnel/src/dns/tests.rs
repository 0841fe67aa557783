use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use mio::{Events, Poll};

use super::*;
use crate::lab::nobody;
use crate::token::Source;

/// The sockets with a loop around them.
struct Loop {
    dns: DnsSockets,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    sockets: Sockets,
}

impl Loop {
    fn new(resolvers: &[SocketAddr]) -> Self {
        let mut dns = DnsSockets::new([3; 32]);
        dns.set_resolvers(resolvers, crate::clock::now());
        Self {
            dns,
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(64),
            buffer: vec![0; 65_536],
            sockets: Sockets::new(),
        }
    }

    /// Turns until `count` answers are there.
    fn answers(&mut self, count: usize) -> Vec<(u64, Result<Vec<u8>, AskFailed>)> {
        let mut answers = Vec::new();
        while answers.len() < count {
            let now = crate::clock::now();
            self.dns.perform(&self.sockets, self.poll.registry(), now);
            answers
                .extend(std::iter::from_fn(|| self.dns.poll_answer()).map(|(ask, answer)| (ask.0, answer)));
            if answers.len() >= count {
                break;
            }
            let timeout = self.dns.poll_timeout().map(|due| due.since(now));
            self.poll.poll(&mut self.events, timeout).unwrap();
            let now = crate::clock::now();
            self.dns.handle_timeout(now);
            for event in &self.events {
                let Some(Source::Dns(index)) = Source::of(event.token()) else {
                    panic!("a DNS token")
                };
                self.dns.handle_event(index, event, &mut self.buffer, now);
            }
        }
        answers
    }

    fn ask(&mut self, ask: u64, message: &[u8], tcp: bool) {
        self.dns
            .ask(AskId(ask), message.to_vec(), tcp, crate::clock::now());
    }
}

fn question(name: &str) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
    bytes
}

fn response(question: &[u8]) -> Vec<u8> {
    let mut bytes = question.to_vec();
    bytes[2] |= 0x80;
    bytes[7] = 1;
    bytes.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, 113, 1]);
    bytes
}

/// A resolver over UDP that answers with what `reply` makes of each question.
fn udp_resolver(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            for message in reply(&buffer[..len]) {
                socket.send_to(&message, from).unwrap();
            }
        }
    });
    addr
}

/// A resolver over TCP that answers `per_connection` questions and hangs up. Its answers come in small pieces.
fn tcp_resolver(addr: SocketAddr, per_connection: usize) {
    let listener = TcpListener::bind(addr).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            for _ in 0..per_connection {
                let mut len = [0; 2];
                if stream.read_exact(&mut len).is_err() {
                    break;
                }
                let mut message = vec![0; u16::from_be_bytes(len).into()];
                stream.read_exact(&mut message).unwrap();
                let answer = response(&message);
                let mut framed = (answer.len() as u16).to_be_bytes().to_vec();
                framed.extend_from_slice(&answer);
                for piece in framed.chunks(7) {
                    stream.write_all(piece).unwrap();
                }
            }
        }
    });
}

#[test]
fn questions_over_udp_are_answered_with_their_own_id_and_case() {
    let resolver = udp_resolver(|question| vec![response(question)]);
    let mut turns = Loop::new(&[resolver]);
    assert_eq!(turns.dns.open_sockets(), 0);
    for n in 0..300 {
        let asked = question(&format!("Host{n}.Example.ORG"));
        turns.ask(n, &asked, false);
        assert_eq!(turns.answers(1), [(n, Ok(response(&asked)))]);
    }
    for n in 0..60 {
        turns.ask(n, &question(&format!("Host{n}.Example.ORG")), false);
    }
    assert!(
        turns
            .answers(60)
            .iter()
            .all(|(n, answer)| { *answer == Ok(response(&question(&format!("Host{n}.Example.ORG")))) })
    );
    assert!(turns.dns.open_sockets() > 1);
}

#[test]
fn questions_over_tcp_share_a_connection_and_survive_its_end() {
    let addr = udp_resolver(|_| Vec::new());
    tcp_resolver(addr, 5);
    let mut turns = Loop::new(&[addr]);
    for n in 0..12 {
        let asked = question(&format!("Host{n}.Example.ORG"));
        turns.ask(n, &asked, true);
        assert_eq!(turns.answers(1), [(n, Ok(response(&asked)))]);
        assert!(turns.dns.open_sockets() <= 1);
    }
}

#[test]
fn refused_port_moves_questions_to_the_next_resolver_at_once() {
    let second = udp_resolver(|question| vec![response(question)]);
    let mut turns = Loop::new(&[nobody(Ipv4Addr::LOCALHOST), second]);
    let began = crate::clock::now();
    turns.ask(1, &question("a.example"), false);
    assert_eq!(turns.answers(1), [(1, Ok(response(&question("a.example"))))]);
    assert!(
        crate::clock::now().since(began) < Duration::from_secs(1),
        "without waiting for a timeout"
    );
    turns.ask(2, &question("b.example"), false);
    assert!(turns.answers(1)[0].1.is_ok());
}

#[test]
fn nobody_listening_anywhere_fails_the_question() {
    for tcp in [false, true] {
        let mut turns = Loop::new(&[nobody(Ipv4Addr::LOCALHOST)]);
        turns.ask(1, &question("a.example"), tcp);
        assert_eq!(turns.answers(1), [(1, Err(AskFailed))]);
    }
}

#[test]
fn forged_answers_end_over_tcp() {
    let resolver = udp_resolver(|question| {
        let mut forged = response(question);
        forged[0] ^= 0x55;
        vec![forged.clone(), forged, response(question)]
    });
    tcp_resolver(resolver, 100);
    let mut turns = Loop::new(&[resolver]);
    let asked = question("Bank.Example.ORG");
    turns.ask(1, &asked, false);
    assert_eq!(turns.answers(1), [(1, Ok(response(&asked)))]);
}

#[test]
fn ipv6_resolver_is_asked() {
    let socket = UdpSocket::bind("[::1]:0").unwrap();
    let mut turns = Loop::new(&[socket.local_addr().unwrap()]);
    turns.ask(1, &question("a.example"), false);
    thread::spawn(move || {
        let mut buffer = [0; 512];
        let (len, from) = socket.recv_from(&mut buffer).unwrap();
        socket.send_to(&response(&buffer[..len]), from).unwrap();
    });
    assert_eq!(turns.answers(1), [(1, Ok(response(&question("a.example"))))]);
}

#[test]
fn idle_sockets_are_closed_by_one_timer() {
    let resolver = udp_resolver(|question| vec![response(question)]);
    let mut turns = Loop::new(&[resolver]);
    turns.ask(1, &question("a.example"), false);
    turns.answers(1);
    assert_eq!(turns.dns.open_sockets(), 1);
    let due = turns.dns.poll_timeout().unwrap();
    turns.dns.handle_timeout(due);
    turns.dns.perform(&turns.sockets, turns.poll.registry(), due);
    assert_eq!(turns.dns.open_sockets(), 0);
    assert_eq!(turns.dns.poll_timeout(), None);
}
