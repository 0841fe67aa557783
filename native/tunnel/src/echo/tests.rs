use std::fs;

use mio::Poll;

use super::*;
use crate::lab::{in_fresh_network, ip, wait_until};

const ECHO: EchoId = EchoId {
    index: 1,
    generation: 4,
};

struct Bench {
    poll: Poll,
    echoes: Echoes,
}

impl Bench {
    fn new() -> Self {
        Self {
            poll: Poll::new().unwrap(),
            echoes: Echoes::default(),
        }
    }

    fn send(&mut self, to: &str, seq: u16, payload: &[u8]) -> io::Result<()> {
        let registry = self.poll.registry();
        self.echoes
            .send(&Sockets::new(), registry, ECHO, to.parse().unwrap(), seq, payload)
    }

    fn next(&mut self) -> Result<(u16, Vec<u8>), Unreachable> {
        let mut found = None;
        let echoes = &self.echoes;
        wait_until(&mut self.poll, |event| {
            assert_eq!(Source::of(event.token()), Some(Source::Echo(ECHO.index)));
            echoes.receive(ECHO.index, &mut [0; 2_048], |echo, news| {
                assert_eq!(echo, ECHO);
                found = Some(match news {
                    EchoNews::Reply { seq, payload } => Ok((seq, payload.to_vec())),
                    EchoNews::Failed(cause) => Err(cause),
                });
            });
            found.is_some()
        });
        found.unwrap()
    }
}

fn permit_pings() {
    fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").unwrap();
}

#[test]
fn request_is_answered_with_its_sequence_number_and_data() {
    in_fresh_network(|| {
        permit_pings();
        for to in ["127.0.0.1", "::1"] {
            let mut bench = Bench::new();
            bench.send(to, 0x1234, b"data").unwrap();
            assert_eq!(bench.next(), Ok((0x1234, b"data".to_vec())));
            bench.send(to, 0x1235, b"").unwrap();
            assert_eq!(bench.next(), Ok((0x1235, Vec::new())));
        }
    });
}

#[test]
fn host_that_does_not_answer_arp_is_told_as_unreachable() {
    in_fresh_network(|| {
        permit_pings();
        ip("link add tunnel-a type veth peer name tunnel-b");
        ip("address add 192.0.2.1/24 dev tunnel-a");
        ip("link set tunnel-a up");
        ip("link set tunnel-b up");
        let mut bench = Bench::new();
        bench.send("192.0.2.2", 1, b"data").unwrap();
        assert_eq!(bench.next(), Err(Unreachable::Host));
    });
}

#[test]
fn destination_without_a_route_fails_at_once() {
    in_fresh_network(|| {
        permit_pings();
        let error = Bench::new().send("192.0.2.2", 1, b"data").unwrap_err();
        assert_eq!(cause_of(&error), Unreachable::Net);
    });
}

#[test]
fn system_that_forbids_pings_is_told_apart() {
    in_fresh_network(|| {
        fs::write("/proc/sys/net/ipv4/ping_group_range", "1 0").unwrap();
        let error = Bench::new().send("127.0.0.1", 1, b"data").unwrap_err();
        assert_eq!(cause_of(&error), Unreachable::Prohibited);
    });
}
