use std::collections::{BTreeMap, BTreeSet};

use super::*;

const FIRST: &str = "192.0.2.1:53";
const SECOND: &str = "192.0.2.2:53";
const NAME: &str = "wWw.Telemetry.Example.ORG";

/// The resolver client between a test that asks and a test that plays the network.
struct Net {
    resolver: Resolver,
    now: Timestamp,
    /// Open sockets: where to, and whether over TCP.
    open: BTreeMap<SocketId, (SocketAddr, bool)>,
    /// Messages that went out and that nobody has looked at.
    out: VecDeque<(SocketId, Vec<u8>)>,
    answers: Vec<(AskId, Result<Vec<u8>, AskFailed>)>,
    opened: usize,
}

impl Net {
    fn new(resolvers: &[&str]) -> Self {
        let mut net = Self {
            resolver: Resolver::new([7; 32]),
            now: Timestamp::from_micros(1),
            open: BTreeMap::new(),
            out: VecDeque::new(),
            answers: Vec::new(),
            opened: 0,
        };
        let resolvers: Vec<_> = resolvers.iter().map(|addr| addr.parse().unwrap()).collect();
        net.resolver.set_resolvers(&resolvers, net.now);
        net.drain();
        net
    }

    fn drain(&mut self) {
        while let Some(action) = self.resolver.poll_action() {
            match action {
                Action::OpenUdp { socket, resolver } => self.open(socket, resolver, false),
                Action::OpenTcp { socket, resolver } => self.open(socket, resolver, true),
                Action::Send { socket, message } => {
                    assert!(self.open.contains_key(&socket), "sent on an open socket");
                    self.out.push_back((socket, message));
                }
                Action::Close { socket } => assert!(self.open.remove(&socket).is_some(), "closed once"),
            }
        }
        self.answers
            .extend(std::iter::from_fn(|| self.resolver.poll_answer()));
    }

    fn open(&mut self, socket: SocketId, resolver: SocketAddr, tcp: bool) {
        assert!((socket.index as usize) < MAX_SOCKETS);
        assert!(
            self.open.keys().all(|open| open.index != socket.index),
            "an index has one socket"
        );
        self.open.insert(socket, (resolver, tcp));
        self.opened += 1;
    }

    fn ask(&mut self, ask: u64, message: &[u8], tcp: bool) {
        self.resolver
            .handle_ask(AskId(ask), message.to_vec(), tcp, self.now);
        self.drain();
    }

    /// Asks and returns what went out.
    fn send(&mut self, ask: u64, message: &[u8]) -> (SocketId, Vec<u8>) {
        self.ask(ask, message, false);
        self.next()
    }

    fn next(&mut self) -> (SocketId, Vec<u8>) {
        self.out.pop_front().expect("a message went out")
    }

    fn deliver(&mut self, socket: SocketId, message: &[u8]) {
        self.resolver.handle_message(socket, message, self.now);
        self.drain();
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.resolver.handle_timeout(self.now);
        self.drain();
    }

    fn server(&self, socket: SocketId) -> String {
        self.open[&socket].0.to_string()
    }

    /// Asks once and answers as `change` says, so that the resolver is known.
    fn probe(&mut self, change: impl Fn(&mut [u8])) {
        let (socket, sent) = self.send(1_000_000, &question(NAME));
        self.deliver(socket, &response(&sent, change));
        assert!(self.answers.pop().unwrap().1.is_ok());
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

/// An answer with one address to a question as it was sent, its question section changed by `change`.
fn response(sent: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = sent.to_vec();
    bytes[2] |= 0x80;
    bytes[7] = 1;
    change(&mut bytes[12..]);
    bytes.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, 113, 1]);
    bytes
}

fn echo(_: &mut [u8]) {}

fn lower(question: &mut [u8]) {
    question.make_ascii_lowercase();
}

#[test]
fn answer_has_the_id_and_the_case_of_the_question() {
    let mut net = Net::new(&[FIRST]);
    let asked = question(NAME);
    for n in 0..50 {
        let (socket, sent) = net.send(n, &asked);
        assert_eq!(net.open[&socket], (FIRST.parse().unwrap(), false));
        net.deliver(socket, &response(&sent, echo));
        assert_eq!(net.answers.pop(), Some((AskId(n), Ok(response(&asked, echo)))));
    }
    assert_eq!(net.opened, 1, "one after the other, they share a socket");
}

#[test]
fn ids_and_case_differ_from_question_to_question() {
    let mut net = Net::new(&[FIRST]);
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..64 {
        let (socket, sent) = net.send(n, &question(NAME));
        assert!(sent[12..].eq_ignore_ascii_case(&question(NAME)[12..]));
        assert_eq!(sent[sent.len() - 4..], [0, 1, 0, 1], "type and class stay");
        ids.insert(sent[..2].to_vec());
        names.insert(sent[12..].to_vec());
        net.deliver(socket, &response(&sent, echo));
    }
    assert!(
        ids.len() >= 62 && names.len() >= 62,
        "{} ids, {} names",
        ids.len(),
        names.len()
    );
}

#[test]
fn nothing_is_open_before_the_first_question_and_after_the_last() {
    let mut net = Net::new(&[FIRST]);
    assert_eq!((net.open.len(), net.resolver.poll_timeout()), (0, None));
    let (socket, sent) = net.send(1, &question(NAME));
    net.deliver(socket, &response(&sent, echo));
    net.wait(Duration::from_secs(9));
    assert_eq!(net.open.len(), 1);
    let (socket, sent) = net.send(2, &question(NAME));
    net.deliver(socket, &response(&sent, echo));
    let mut wakes = 0;
    while let Some(due) = net.resolver.poll_timeout() {
        let time = due.since(net.now);
        net.wait(time);
        wakes += 1;
    }
    assert_eq!(net.open.len(), 0);
    assert!(wakes <= 2, "{wakes} wake-ups");
    assert_eq!(
        net.now,
        Timestamp::from_micros(1) + Duration::from_secs(19),
        "ten seconds after its last use"
    );
}

#[test]
fn socket_takes_a_hundred_questions() {
    let mut net = Net::new(&[FIRST]);
    let mut sockets = BTreeMap::new();
    for n in 0..250 {
        let (socket, sent) = net.send(n, &question(NAME));
        *sockets.entry(socket).or_insert(0) += 1;
        net.deliver(socket, &response(&sent, echo));
    }
    assert_eq!(sockets.into_values().collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(net.open.len(), 1);
}

#[test]
fn crowd_spreads_over_eight_sockets_and_no_more_than_are_bounded() {
    let mut net = Net::new(&[FIRST]);
    for n in 0..64 {
        net.ask(n, &question(NAME), false);
    }
    assert_eq!(net.open.len(), 8);
    for n in 64..2_000 {
        net.ask(n, &question(NAME), false);
    }
    assert!(net.open.len() <= 16);
    while let Some((socket, sent)) = net.out.pop_front() {
        if net.open.contains_key(&socket) {
            net.deliver(socket, &response(&sent, echo));
        }
    }
    let answered: BTreeSet<_> = net
        .answers
        .iter()
        .filter(|(_, answer)| answer.is_ok())
        .map(|(ask, _)| *ask)
        .collect();
    assert_eq!(answered.len(), 2_000);
}

#[test]
fn open_questions_are_bounded() {
    let mut net = Net::new(&[FIRST]);
    for n in 0..5_000 {
        net.ask(n, &question(NAME), false);
    }
    assert_eq!(net.answers.len(), 5_000 - MAX_ASKS);
    assert!(net.answers.iter().all(|(_, answer)| answer.is_err()));
}

#[test]
fn lowering_resolver_is_believed_and_no_longer_asked_in_random_case() {
    let mut net = Net::new(&[FIRST]);
    let (socket, sent) = net.send(1, &question(NAME));
    net.deliver(socket, &response(&sent, lower));
    assert_eq!(
        net.answers.pop(),
        Some((AskId(1), Ok(response(&question(NAME), echo))))
    );
    for n in 2..20 {
        let (socket, sent) = net.send(n, &question(NAME));
        assert_eq!(sent[12..], question(NAME)[12..], "as the app wrote it");
        net.deliver(socket, &response(&sent, lower));
        assert_eq!(
            net.answers.pop(),
            Some((AskId(n), Ok(response(&question(NAME), echo))))
        );
    }
    assert_eq!(net.opened, 1);
}

#[test]
fn wrong_case_from_an_echoing_resolver_is_not_believed_and_ends_the_socket() {
    let mut net = Net::new(&[FIRST]);
    net.probe(echo);
    let (socket, sent) = net.send(1, &question(NAME));
    net.deliver(socket, &response(&sent, lower));
    assert!(net.answers.is_empty());
    assert!(!net.open.contains_key(&socket));
    let (again, sent_again) = net.next();
    assert!(again != socket && sent_again != sent);
    net.deliver(socket, &response(&sent, echo));
    assert!(
        net.answers.is_empty(),
        "the old port is closed, whatever comes to it"
    );
    net.deliver(again, &response(&sent_again, echo));
    assert_eq!(
        net.answers.pop().unwrap(),
        (AskId(1), Ok(response(&question(NAME), echo)))
    );
}

#[test]
fn resolver_that_stops_echoing_is_asked_over_tcp_and_then_taken_as_it_is() {
    let mut net = Net::new(&[FIRST]);
    net.probe(echo);
    let mut over_tcp = 0;
    for n in 1..20 {
        net.ask(n, &question(NAME), false);
        while let Some((socket, sent)) = net.out.pop_front() {
            over_tcp += usize::from(net.open[&socket].1);
            net.deliver(socket, &response(&sent, lower));
        }
        assert!(net.answers.pop().unwrap().1.is_ok());
    }
    assert!((1..=2).contains(&over_tcp), "{over_tcp}");
}

#[test]
fn spoofed_answers_are_never_accepted() {
    type Spoof = fn(&mut Vec<u8>);
    let spoofs: [(&str, Spoof); 6] = [
        ("wrong id", |message| message[1] ^= 1),
        ("wrong name", |message| message[14] ^= 1),
        ("wrong type", |message| message[12 + 28] ^= 1),
        ("no response", |message| message[2] &= 0x7f),
        ("two questions", |message| message[5] = 2),
        ("cut off", |message| message.truncate(20)),
    ];
    for (what, spoof) in spoofs {
        let mut net = Net::new(&[FIRST]);
        let (socket, sent) = net.send(1, &question(NAME));
        let mut message = response(&sent, echo);
        spoof(&mut message);
        net.deliver(socket, &message);
        assert!(net.answers.is_empty(), "{what}");
        assert!(!net.open.contains_key(&socket), "{what}: the socket is given up");
        let (socket, sent) = net.next();
        net.deliver(socket, &message);
        assert!(net.answers.is_empty(), "{what}, again");
        let (socket, sent_tcp) = net.next();
        assert!(net.open[&socket].1, "{what}: now over TCP");
        assert_ne!(sent, sent_tcp);
        net.deliver(socket, &response(&sent_tcp, echo));
        assert_eq!(
            net.answers.pop(),
            Some((AskId(1), Ok(response(&question(NAME), echo))))
        );
    }
}

#[test]
fn answer_to_the_wrong_socket_is_not_accepted() {
    let mut net = Net::new(&[FIRST]);
    for n in 0..9 {
        net.ask(n, &question(NAME), false);
    }
    let (first, sent) = net.next();
    let other = *net.open.keys().find(|socket| **socket != first).unwrap();
    net.deliver(other, &response(&sent, echo));
    assert!(net.answers.is_empty());
    assert!(!net.open.contains_key(&other));
    net.deliver(first, &response(&sent, echo));
    assert_eq!(net.answers.len(), 1);
}

#[test]
fn flood_of_guesses_at_every_port_ends_over_tcp() {
    let mut net = Net::new(&[FIRST]);
    net.ask(1, &question(NAME), false);
    let mut rounds = 0;
    while let Some((socket, mut sent)) = net.out.pop_front() {
        if net.open[&socket].1 {
            break;
        }
        sent[0] ^= 0xff;
        net.deliver(socket, &response(&sent, echo));
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert!(net.answers.is_empty());
}

#[test]
fn silent_resolver_is_followed_by_the_next_which_is_remembered() {
    let mut net = Net::new(&[FIRST, SECOND]);
    let (socket, _) = net.send(1, &question(NAME));
    assert_eq!(net.server(socket), FIRST);
    assert_eq!(net.resolver.poll_timeout(), Some(net.now + UDP_PATIENCE));
    net.wait(UDP_PATIENCE);
    let (socket, sent) = net.next();
    assert_eq!(net.server(socket), SECOND);
    net.deliver(socket, &response(&sent, echo));
    assert!(net.answers.pop().unwrap().1.is_ok());
    let (socket, _) = net.send(2, &question(NAME));
    assert_eq!(net.server(socket), SECOND);
    net.wait(UDP_PATIENCE);
    let (socket, _) = net.next();
    assert_eq!(net.server(socket), FIRST, "and back when that one is silent");
}

#[test]
fn late_answer_of_the_first_resolver_is_taken_and_no_misfit() {
    let mut net = Net::new(&[FIRST, SECOND]);
    let (first, sent_first) = net.send(1, &question(NAME));
    net.wait(UDP_PATIENCE);
    let (second, sent_second) = net.next();
    net.deliver(first, &response(&sent_first, echo));
    assert!(net.answers.pop().unwrap().1.is_ok());
    net.deliver(second, &response(&sent_second, echo));
    assert!(net.answers.is_empty());
    assert_eq!(net.open.len(), 2);
}

#[test]
fn refusal_is_followed_by_the_next_resolver_and_told_if_that_knows_no_more() {
    let refused = |sent: &[u8], rcode: u8| {
        let mut message = response(sent, echo);
        message[3] |= rcode;
        message
    };
    for rcode in [2, 4, 5] {
        let mut net = Net::new(&[FIRST, SECOND]);
        let (socket, sent) = net.send(1, &question(NAME));
        net.deliver(socket, &refused(&sent, rcode));
        assert!(net.answers.is_empty());
        let (socket, sent) = net.next();
        assert_eq!(net.server(socket), SECOND);
        net.deliver(socket, &response(&sent, echo));
        assert_eq!(net.answers.pop().unwrap().1, Ok(response(&question(NAME), echo)));
        let (socket, sent) = net.send(2, &question(NAME));
        assert_eq!(
            net.server(socket),
            FIRST,
            "which answered, if not well, is still the best"
        );
        net.deliver(socket, &refused(&sent, rcode));
        net.next();
        net.wait(UDP_PATIENCE);
        assert_eq!(net.answers.pop().unwrap().1, Ok(refused(&question(NAME), rcode)));
        assert!(net.out.is_empty());
        let mut net = Net::new(&[FIRST]);
        let (socket, sent) = net.send(1, &question(NAME));
        net.deliver(socket, &refused(&sent, rcode));
        assert_eq!(net.answers.pop().unwrap().1, Ok(refused(&question(NAME), rcode)));
    }
    let mut net = Net::new(&[FIRST, SECOND]);
    let (socket, sent) = net.send(1, &question(NAME));
    net.deliver(socket, &refused(&sent, 3));
    assert_eq!(net.answers.len(), 1, "NXDOMAIN is an answer");
}

#[test]
fn question_fails_after_three_attempts() {
    for resolvers in [&[FIRST][..], &[FIRST, SECOND]] {
        let mut net = Net::new(resolvers);
        net.ask(1, &question(NAME), false);
        for _ in 0..MAX_TRIES {
            assert!(net.answers.is_empty());
            net.next();
            net.wait(UDP_PATIENCE);
        }
        assert_eq!(net.answers, [(AskId(1), Err(AskFailed))]);
        assert!(net.out.is_empty());
    }
}

#[test]
fn refused_socket_moves_its_questions_on_at_once() {
    let mut net = Net::new(&[FIRST, SECOND]);
    let (socket, _) = net.send(1, &question(NAME));
    net.resolver.handle_socket_failed(socket, net.now);
    net.drain();
    let (socket, sent) = net.next();
    assert_eq!(net.server(socket), SECOND);
    net.deliver(socket, &response(&sent, echo));
    assert!(net.answers.pop().unwrap().1.is_ok());
    assert_eq!(net.open.len(), 1);
}

#[test]
fn network_without_a_route_fails_at_once() {
    let mut net = Net::new(&[FIRST, SECOND]);
    net.ask(1, &question(NAME), false);
    while let Some((socket, _)) = net.out.pop_front() {
        net.resolver.handle_socket_failed(socket, net.now);
        net.drain();
    }
    assert_eq!(net.answers, [(AskId(1), Err(AskFailed))]);
    assert_eq!(net.open.len(), 0);
}

#[test]
fn question_over_tcp_goes_over_tcp_and_shares_the_connection() {
    let mut net = Net::new(&[FIRST]);
    net.ask(1, &question(NAME), true);
    net.ask(2, &question("other.example"), true);
    assert_eq!(
        net.open.values().copied().collect::<Vec<_>>(),
        [(FIRST.parse().unwrap(), true)]
    );
    let (socket, first) = net.next();
    let (_, second) = net.next();
    assert_eq!(
        first[12..],
        question(NAME)[12..],
        "no random case where nobody can guess"
    );
    net.deliver(socket, &response(&second, echo));
    net.deliver(socket, &response(&first, echo));
    assert_eq!(
        net.answers.iter().map(|(ask, _)| ask.0).collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn refusal_over_tcp_without_the_question_fails_it() {
    let mut net = Net::new(&[FIRST]);
    net.ask(1, &question(NAME), true);
    let (socket, sent) = net.next();
    net.deliver(socket, &[sent[0], sent[1], 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(net.answers, [(AskId(1), Err(AskFailed))]);
}

#[test]
fn closed_connection_is_opened_again() {
    let mut net = Net::new(&[FIRST]);
    net.ask(1, &question(NAME), true);
    let (socket, _) = net.next();
    net.resolver.handle_socket_failed(socket, net.now);
    net.drain();
    let (again, sent) = net.next();
    assert!(again != socket && net.open[&again].1);
    net.deliver(again, &response(&sent, echo));
    assert!(net.answers.pop().unwrap().1.is_ok());
}

#[test]
fn new_network_closes_all_sockets_and_asks_anew() {
    let mut net = Net::new(&[FIRST]);
    let (old, sent) = net.send(1, &question(NAME));
    net.resolver.set_resolvers(&[SECOND.parse().unwrap()], net.now);
    net.drain();
    assert!(!net.open.contains_key(&old));
    net.deliver(old, &response(&sent, echo));
    assert!(net.answers.is_empty());
    let (socket, sent) = net.next();
    assert_eq!(net.server(socket), SECOND);
    net.deliver(socket, &response(&sent, echo));
    assert!(net.answers.pop().unwrap().1.is_ok());
    net.ask(2, &question(NAME), false);
    net.resolver.set_resolvers(&[], net.now);
    net.drain();
    assert_eq!(net.answers, [(AskId(2), Err(AskFailed))]);
    net.ask(3, &question(NAME), false);
    assert_eq!(net.answers.len(), 2);
    assert_eq!(net.open.len(), 0);
}

#[test]
fn what_is_no_question_fails() {
    let mut net = Net::new(&[FIRST]);
    let asked = question(NAME);
    for len in 0..asked.len() {
        net.ask(len as u64, &asked[..len], false);
    }
    assert_eq!(net.answers.len(), asked.len());
    assert!(net.open.is_empty());
}

#[test]
fn answers_cut_or_flipped_anywhere_are_taken_only_where_they_fit() {
    let asked = question(NAME);
    let mut net = Net::new(&[FIRST]);
    net.probe(echo);
    for bit in 0..(asked.len() + 16) * 8 {
        for cut in [false, true] {
            net.ask(bit as u64, &asked, false);
            let mut accepted = false;
            while let Some((socket, sent)) = net.out.pop_front() {
                let good = response(&sent, echo);
                let mut bad = good.clone();
                if cut {
                    bad.truncate(bit % good.len());
                } else {
                    bad[bit / 8] ^= 1 << (bit % 8);
                }
                if net.open[&socket].1 {
                    bad = good;
                } else if bad.len() < asked.len()
                    || bad[..2] != sent[..2]
                    || bad[12..asked.len()] != sent[12..]
                {
                    assert!(net.answers.is_empty());
                }
                net.deliver(socket, &bad);
                accepted = !net.answers.is_empty();
                net.answers.clear();
            }
            assert!(accepted, "at the latest over TCP");
        }
    }
}
