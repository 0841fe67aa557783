use std::net::{Ipv4Addr, Ipv6Addr};

use mio::Poll;

use super::*;
use crate::lab::{in_fresh_network, ip, nobody, wait_until};

const MAPPING: MappingId = MappingId {
    index: 2,
    generation: 5,
};

struct Bench {
    poll: Poll,
    datagrams: Datagrams,
    buffer: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        Self {
            poll: Poll::new().unwrap(),
            datagrams: Datagrams::default(),
            buffer: vec![0; 65_536],
        }
    }

    fn send(&mut self, to: SocketAddr, payload: &[u8], may_fragment: bool) {
        let registry = self.poll.registry();
        self.datagrams
            .send(
                &Sockets::new(),
                registry,
                MAPPING,
                to,
                [payload].into_iter(),
                may_fragment,
            )
            .unwrap();
    }

    fn send_run(&mut self, to: SocketAddr, run: &[&[u8]], may_fragment: bool) {
        let registry = self.poll.registry();
        let run = run.iter().copied();
        self.datagrams
            .send(&Sockets::new(), registry, MAPPING, to, run, may_fragment)
            .unwrap();
    }

    /// Waits for an event of the mapping's socket; whether it speaks of an error.
    fn wait(&mut self, family: Family) -> bool {
        let source = match family {
            Family::V4 => Source::DatagramV4(MAPPING.index),
            Family::V6 => Source::DatagramV6(MAPPING.index),
        };
        let mut failed = false;
        wait_until(&mut self.poll, |event| {
            failed = event.is_error();
            Source::of(event.token()) == Some(source) && (failed || event.is_readable())
        });
        failed
    }

    fn receive(&mut self, family: Family) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut received = Vec::new();
        self.datagrams
            .receive(MAPPING, family, &mut self.buffer, |from, payload, segment| {
                if payload.is_empty() {
                    received.push((from, Vec::new()));
                }
                for datagram in payload.chunks(segment.max(1)) {
                    received.push((from, datagram.to_vec()));
                }
            });
        received
    }
}

fn server(address: &str) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(address).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Two destinations see one source port a family (RFC 4787, REQ-1), and either may answer.
#[test]
fn mapping_has_one_socket_a_family_for_all_destinations() {
    in_fresh_network(|| {
        let mut bench = Bench::new();
        let (first, first_address) = server("127.0.0.1:0");
        let (second, second_address) = server("127.0.0.2:0");
        let (third, third_address) = server("[::1]:0");
        bench.send(first_address, b"one", true);
        bench.send(second_address, b"two", true);
        bench.send(third_address, b"three", false);
        let mut buffer = [0; 16];
        let from_first = first.recv_from(&mut buffer).unwrap().1;
        let from_second = second.recv_from(&mut buffer).unwrap().1;
        assert_eq!(from_first.port(), from_second.port());
        let from_third = third.recv_from(&mut buffer).unwrap().1;

        second.send_to(b"answer", from_second).unwrap();
        bench.wait(Family::V4);
        assert_eq!(
            bench.receive(Family::V4),
            vec![(second_address, b"answer".to_vec())]
        );
        third.send_to(b"", from_third).unwrap();
        bench.wait(Family::V6);
        assert_eq!(bench.receive(Family::V6), vec![(third_address, Vec::new())]);
    });
}

#[test]
fn closed_port_is_told_with_its_destination_and_the_socket_goes_on() {
    let mut bench = Bench::new();
    let closed = nobody(Ipv4Addr::LOCALHOST);
    let (open, open_address) = server("127.0.0.1:0");
    bench.send(closed, b"anybody?", true);
    assert!(bench.wait(Family::V4));
    bench.datagrams.take_errors(MAPPING, Family::V4, None);
    let failure = DatagramFailure {
        mapping: MAPPING,
        to: closed,
        cause: Unreachable::Port,
    };
    assert_eq!(bench.datagrams.poll_failure(), Some(failure));

    bench.send(open_address, b"hello", true);
    assert_eq!(open.recv(&mut [0; 8]).unwrap(), 5);
    assert_eq!(bench.datagrams.poll_failure(), None);
}

#[test]
fn error_of_an_earlier_datagram_does_not_eat_the_next() {
    let mut bench = Bench::new();
    let closed = nobody(Ipv4Addr::LOCALHOST);
    let (open, open_address) = server("127.0.0.1:0");
    bench.send(closed, b"anybody?", true);
    // No event is read in between: the send itself meets the pending error.
    bench.send(open_address, b"hello", true);
    assert_eq!(open.recv(&mut [0; 8]).unwrap(), 5);
    let failure = DatagramFailure {
        mapping: MAPPING,
        to: closed,
        cause: Unreachable::Port,
    };
    assert_eq!(bench.datagrams.poll_failure(), Some(failure));
    assert_eq!(bench.datagrams.poll_failure(), None);
}

#[test]
fn closed_port_is_told_over_ipv6_too() {
    in_fresh_network(|| {
        let mut bench = Bench::new();
        let closed = nobody(Ipv6Addr::LOCALHOST);
        bench.send(closed, b"anybody?", false);
        assert!(bench.wait(Family::V6));
        bench.datagrams.take_errors(MAPPING, Family::V6, None);
        let failure = DatagramFailure {
            mapping: MAPPING,
            to: closed,
            cause: Unreachable::Port,
        };
        assert_eq!(bench.datagrams.poll_failure(), Some(failure));
    });
}

#[test]
fn datagram_too_long_for_the_path_is_told_its_mtu_unless_it_may_be_fragmented() {
    in_fresh_network(|| {
        ip("link set lo mtu 1500");
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (open, to) = server(address);
            let mut bench = Bench::new();
            let payload = vec![1; 3_000];
            bench.send(to, &payload, false);
            let failure = DatagramFailure {
                mapping: MAPPING,
                to,
                cause: Unreachable::TooBig(1_500),
            };
            assert_eq!(bench.datagrams.poll_failure(), Some(failure));
            assert_eq!(bench.datagrams.poll_failure(), None);

            bench.send(to, &payload, true);
            assert_eq!(open.recv(&mut vec![0; 4_000]).unwrap(), 3_000);
            assert_eq!(bench.datagrams.poll_failure(), None);
        }
    });
}

#[test]
fn destination_without_a_route_is_told() {
    in_fresh_network(|| {
        let mut bench = Bench::new();
        let to = "192.0.2.1:3478".parse().unwrap();
        bench.send(to, b"x", true);
        let failure = DatagramFailure {
            mapping: MAPPING,
            to,
            cause: Unreachable::Net,
        };
        assert_eq!(bench.datagrams.poll_failure(), Some(failure));
    });
}

#[test]
fn flooded_socket_yields_and_stays_on_the_ready_list() {
    let mut bench = Bench::new();
    let (open, address) = server("127.0.0.1:0");
    bench.send(address, b"hello", true);
    let from = open.recv_from(&mut [0; 8]).unwrap().1;
    let flood = DATAGRAMS_A_TURN + 3;
    for _ in 0..flood {
        open.send_to(b"x", from).unwrap();
    }
    bench.wait(Family::V4);
    assert_eq!(bench.receive(Family::V4).len(), DATAGRAMS_A_TURN);
    assert!(bench.datagrams.is_ready());
    assert_eq!(bench.datagrams.take_ready(), vec![(MAPPING, Family::V4)]);
    assert_eq!(bench.receive(Family::V4).len(), 3);
    assert!(!bench.datagrams.is_ready());
}

/// The payloads of a run: 40 of one length, and a shorter one.
fn payloads() -> Vec<Vec<u8>> {
    let mut payloads: Vec<Vec<u8>> = (0..40).map(|number| vec![number; 1_350]).collect();
    payloads.push(b"the rest".to_vec());
    payloads
}

/// Sends a run to `open`, and says what came of it.
fn send_and_count(bench: &mut Bench, open: &UdpSocket, to: SocketAddr) -> Vec<Vec<u8>> {
    let payloads = payloads();
    let run: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    bench.send_run(to, &run, false);
    open.set_nonblocking(true).unwrap();
    let mut buffer = [0; 2_000];
    let next = || {
        let len = open.recv(&mut buffer).ok()?;
        Some(buffer[..len].to_vec())
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn run_of_datagrams_arrives_as_it_was_whichever_way_it_leaves() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        for cutting in [Cutting::Untried, Cutting::NotHere, Cutting::Unknown] {
            let (open, to) = server(address);
            let mut bench = Bench::new();
            bench.datagrams.cutting = cutting;
            assert_eq!(send_and_count(&mut bench, &open, to), payloads());
            assert_eq!(bench.datagrams.poll_failure(), None);
        }
    }
}

#[test]
fn run_longer_than_the_path_takes_is_told_or_fragmented() {
    in_fresh_network(|| {
        ip("link set lo mtu 1300");
        let (open, to) = server("127.0.0.1:0");
        let mut bench = Bench::new();
        let payloads = payloads();
        let run: Vec<&[u8]> = payloads.iter().take(3).map(Vec::as_slice).collect();
        bench.send_run(to, &run, true);
        for payload in &run {
            let mut buffer = [0; 2_000];
            let len = open.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..len], *payload);
        }
        bench.send_run(to, &run, false);
        let failure = bench.datagrams.poll_failure().unwrap();
        assert_eq!((failure.to, failure.cause), (to, Unreachable::TooBig(1_300)));
    });
}

#[test]
fn error_of_an_earlier_datagram_does_not_eat_a_run() {
    let mut bench = Bench::new();
    let closed = nobody(Ipv4Addr::LOCALHOST);
    let (open, to) = server("127.0.0.1:0");
    bench.send(closed, b"anybody?", true);
    assert_eq!(send_and_count(&mut bench, &open, to), payloads());
    assert_eq!(
        bench.datagrams.poll_failure().map(|failure| failure.to),
        Some(closed)
    );
}

/// What one sender cuts, a socket of bulk traffic gets in one piece, and passes on with the length of the pieces.
#[test]
fn bulk_is_received_together_and_told_apart() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (open, to) = server(address);
        let family = Family::of(to.ip());
        let mut bench = Bench::new();
        bench.send(to, b"hello", false);
        let from = open.recv_from(&mut [0; 8]).unwrap().1;
        for number in 0..=BULK as u8 {
            open.send_to(&[number; 3], from).unwrap();
        }
        bench.wait(family);
        let few: Vec<_> = (0..=BULK as u8).map(|number| (to, vec![number; 3])).collect();
        assert_eq!(bench.receive(family), few);

        let payloads = payloads();
        let pieces: Vec<IoSlice<'_>> = payloads.iter().map(|payload| IoSlice::new(payload)).collect();
        send::cut(&open, &pieces, &from.into(), 1_350).unwrap();
        open.send_to(b"", from).unwrap();
        let mut expected: Vec<_> = payloads.into_iter().map(|payload| (to, payload)).collect();
        expected.push((to, Vec::new()));
        bench.wait(family);
        assert_eq!(bench.receive(family), expected);
        assert!(!bench.datagrams.is_ready());
        // Its memory goes with the last socket of bulk traffic.
        assert!(bench.datagrams.inbox.is_some());
        bench.datagrams.close(MAPPING);
        assert!(bench.datagrams.inbox.is_none());
    }
}

#[test]
fn next_generation_has_a_socket_of_its_own() {
    let mut bench = Bench::new();
    let (open, address) = server("127.0.0.1:0");
    bench.send(address, b"hello", true);
    let old = open.recv_from(&mut [0; 8]).unwrap().1;
    bench.datagrams.close(MappingId {
        generation: MAPPING.generation + 1,
        ..MAPPING
    });
    assert_eq!(bench.datagrams.mapping(MAPPING.index), Some(MAPPING));

    let next = MappingId {
        generation: MAPPING.generation + 1,
        ..MAPPING
    };
    let registry = bench.poll.registry();
    bench
        .datagrams
        .send(
            &Sockets::new(),
            registry,
            next,
            address,
            [b"hello".as_slice()].into_iter(),
            true,
        )
        .unwrap();
    assert_ne!(open.recv_from(&mut [0; 8]).unwrap().1, old);
    assert_eq!(bench.datagrams.mapping(MAPPING.index), Some(next));
    bench.datagrams.close(next);
    assert_eq!(bench.datagrams.mapping(MAPPING.index), None);
}
