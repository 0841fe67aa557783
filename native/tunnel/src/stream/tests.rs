use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use mio::Poll;

use super::*;
use crate::lab::{in_fresh_network, nobody, wait_until};

const FLOW: FlowId = FlowId {
    index: 3,
    generation: 9,
};

struct Bench {
    poll: Poll,
    streams: Streams,
}

impl Bench {
    fn new() -> Self {
        Self {
            poll: Poll::new().unwrap(),
            streams: Streams::default(),
        }
    }

    fn dial(&mut self, to: SocketAddr) -> Result<(), Failure> {
        let dialed = self.streams.dial(&Sockets::new(), self.poll.registry(), FLOW, to);
        dialed.unwrap_or_else(|| self.next(|news| news.dialed.is_some()).dialed.unwrap())
    }

    fn connected() -> (Self, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut bench = Self::new();
        bench.dial(listener.local_addr().unwrap()).unwrap();
        let peer = listener.accept().unwrap().0;
        (bench, peer)
    }

    /// The first news that satisfies `wanted`.
    fn next(&mut self, wanted: impl Fn(&News) -> bool) -> News {
        let mut found = None;
        let streams = &mut self.streams;
        wait_until(&mut self.poll, |event| {
            assert_eq!(Source::of(event.token()), Some(Source::Stream(FLOW.index)));
            found = streams.read_event(FLOW.index, event).filter(&wanted);
            found.is_some()
        });
        found.unwrap()
    }

    fn receive(&self, buffer: &mut [u8]) -> Pump {
        self.streams.receive(FLOW, &mut [IoSliceMut::new(buffer)])
    }
}

#[test]
fn bytes_are_gathered_on_the_way_up_and_scattered_on_the_way_down() {
    let (mut bench, mut peer) = Bench::connected();
    let pieces = [IoSlice::new(b"gath"), IoSlice::new(b""), IoSlice::new(b"ered")];
    assert_eq!(bench.streams.send(FLOW, &pieces), Pump::Moved(8));
    let mut received = [0; 8];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"gathered");

    peer.write_all(b"scattered").unwrap();
    assert!(!bench.next(|news| news.readable).closed);
    let (mut first, mut second) = ([0; 4], [0; 16]);
    let mut pieces = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(bench.streams.receive(FLOW, &mut pieces), Pump::Moved(9));
    assert_eq!((&first, &second[..5]), (b"scat", b"tered".as_slice()));
    assert_eq!(bench.receive(&mut [0; 4]), Pump::Full);
}

#[test]
fn half_close_passes_both_ways() {
    let (mut bench, mut peer) = Bench::connected();
    bench.streams.shutdown(FLOW);
    assert_eq!(peer.read(&mut [0; 4]).unwrap(), 0);
    peer.write_all(b"rest").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    bench.next(|news| news.readable && news.closed);
    assert_eq!(bench.receive(&mut [0; 8]), Pump::Moved(4));
    assert_eq!(bench.receive(&mut [0; 8]), Pump::Eof);
}

#[test]
fn closed_port_is_refused() {
    let closed = nobody(Ipv4Addr::LOCALHOST);
    assert_eq!(Bench::new().dial(closed), Err(Failure::Refused));
}

#[test]
fn network_without_a_route_is_unreachable_at_once() {
    in_fresh_network(|| {
        let mut bench = Bench::new();
        for to in ["192.0.2.1:443", "[2001:db8::1]:443"] {
            let to = to.parse().unwrap();
            let dialed = bench
                .streams
                .dial(&Sockets::new(), bench.poll.registry(), FLOW, to);
            assert_eq!(dialed, Some(Err(Failure::NetUnreachable)));
        }
    });
}

#[test]
fn route_that_prohibits_or_is_unreachable_says_so() {
    in_fresh_network(|| {
        crate::lab::ip("route add prohibit 192.0.2.1");
        crate::lab::ip("route add unreachable 192.0.2.2");
        assert_eq!(
            Bench::new().dial("192.0.2.1:443".parse().unwrap()),
            Err(Failure::Prohibited)
        );
        assert_eq!(
            Bench::new().dial("192.0.2.2:443".parse().unwrap()),
            Err(Failure::HostUnreachable)
        );
    });
}

#[test]
fn full_socket_says_so_once_and_is_writable_when_it_has_drained() {
    let (mut bench, mut peer) = Bench::connected();
    let chunk = vec![7; 64 * 1024];
    let mut sent = 0;
    loop {
        match bench.streams.send(FLOW, &[IoSlice::new(&chunk)]) {
            Pump::Moved(bytes) => sent += bytes,
            other => break assert_eq!(other, Pump::Full),
        }
    }
    let reader = std::thread::spawn(move || {
        let mut received = vec![0; sent];
        peer.read_exact(&mut received).unwrap();
        peer
    });
    let news = bench.next(|news| news.writable);
    assert!(!news.closed && news.dialed.is_none());
    let peer = reader.join().unwrap();

    // A socket that was never full is not reported as writable with each arrival.
    (&peer).write_all(b"x").unwrap();
    assert!(!bench.next(|news| news.readable).writable);
}

#[test]
fn reset_close_resets_and_plain_close_finishes() {
    for reset in [true, false] {
        let (mut bench, mut peer) = Bench::connected();
        bench.streams.close(FLOW, reset);
        let outcome = peer.read(&mut [0; 4]);
        if reset {
            assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        } else {
            assert_eq!(outcome.unwrap(), 0);
        }
    }
}

#[test]
fn reset_by_the_far_end_is_reset_after_what_it_sent() {
    let (mut bench, peer) = Bench::connected();
    (&peer).write_all(b"last").unwrap();
    bench.next(|news| news.readable);
    assert_eq!(bench.receive(&mut [0; 8]), Pump::Moved(4));
    Socket::from(peer).set_linger(Some(Duration::ZERO)).unwrap();
    bench.next(|news| news.closed);
    assert_eq!(bench.receive(&mut [0; 8]), Pump::Failed(Failure::Reset));
    assert_eq!(
        bench.streams.send(FLOW, &[IoSlice::new(b"x")]),
        Pump::Failed(Failure::Reset)
    );
}

#[test]
fn stale_flow_reaches_no_socket() {
    let (mut bench, mut peer) = Bench::connected();
    let stale = FlowId {
        generation: FLOW.generation - 1,
        ..FLOW
    };
    assert_eq!(
        bench.streams.send(stale, &[IoSlice::new(b"x")]),
        Pump::Failed(Failure::Other)
    );
    assert_eq!(
        bench.streams.receive(stale, &mut [IoSliceMut::new(&mut [0; 4])]),
        Pump::Failed(Failure::Other)
    );
    bench.streams.shutdown(stale);
    bench.streams.close(stale, true);
    assert_eq!(bench.streams.send(FLOW, &[IoSlice::new(b"y")]), Pump::Moved(1));
    let mut received = [0];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"y");
}

#[test]
fn every_errno_of_the_contract_has_its_failure() {
    let cases = [
        (libc::ECONNREFUSED, Failure::Refused),
        (libc::ECONNRESET, Failure::Reset),
        (libc::EPIPE, Failure::Reset),
        (libc::EHOSTUNREACH, Failure::HostUnreachable),
        (libc::EHOSTDOWN, Failure::HostUnreachable),
        (libc::ENETUNREACH, Failure::NetUnreachable),
        (libc::ENETDOWN, Failure::NetUnreachable),
        (libc::EADDRNOTAVAIL, Failure::NetUnreachable),
        (libc::ETIMEDOUT, Failure::TimedOut),
        (libc::EACCES, Failure::Prohibited),
        (libc::EPERM, Failure::Prohibited),
        (libc::EMFILE, Failure::Other),
        (libc::ENOMEM, Failure::Other),
    ];
    for (errno, failure) in cases {
        assert_eq!(
            failure_of(&io::Error::from_raw_os_error(errno)),
            failure,
            "errno {errno}"
        );
    }
    assert_eq!(
        failure_of(&io::ErrorKind::PermissionDenied.into()),
        Failure::Other
    );
}

#[test]
fn keep_alive_is_set_at_the_interval_asked_for() {
    let (bench, _peer) = Bench::connected();
    bench.streams.keep_alive(FLOW, Duration::from_secs(75));
    let socket = &bench.streams.get(FLOW).unwrap().socket;
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(75));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(75));
}

#[test]
fn socket_that_cannot_be_protected_is_never_used() {
    let sockets = Sockets::new().with_protect(std::sync::Arc::new(|_| false));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut bench = Bench::new();
    let dialed = bench.streams.dial(
        &sockets,
        bench.poll.registry(),
        FLOW,
        listener.local_addr().unwrap(),
    );
    assert_eq!(dialed, Some(Err(Failure::Other)));
}
