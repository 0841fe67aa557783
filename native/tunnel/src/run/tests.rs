use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use blocklist::{Preset, RulesBuilder};
use engine::{Config, Upstream};

use super::*;
use crate::lab::{ServerNetwork, around_the_tun, in_fresh_network, ip};
use crate::{Events, Handle, Settings, Sockets, Told};

/// A tunnel on `tun0` between this thread's network and a server's.
struct Bench {
    network: ServerNetwork,
    handle: Handle,
    events: Events,
    thread: JoinHandle<Result<(), RunError>>,
}

impl Bench {
    fn new() -> Self {
        let device = Device::open("tun0").unwrap();
        let network = ServerNetwork::new();
        let settings = Settings {
            config: Config::default(),
            rules: Arc::new(RulesBuilder::new(Preset::None).build()),
            upstream: Upstream {
                ipv6: false,
                resolvers: vec!["10.9.0.100:53".parse().unwrap()],
                ..Upstream::default()
            },
            sockets: around_the_tun(),
            knows_owners: false,
            told: Told::Everything,
            system: None,
            system_network: 0,
            awake: None,
        };
        let (mut tunnel, handle, events) = Tunnel::new(device, settings).unwrap();
        Self {
            network,
            handle,
            events,
            thread: std::thread::spawn(move || tunnel.run()),
        }
    }

    /// A connection through the tunnel, from either side.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let listener = self.network.run(|| TcpListener::bind("10.9.0.100:0").unwrap());
        let phone = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, from) = listener.accept().unwrap();
        assert_eq!(
            from.ip().to_string(),
            "10.9.0.1",
            "the tunnel's own socket, not the phone's"
        );
        (phone, server)
    }

    fn stop(self) -> Result<(), RunError> {
        self.handle.stop().unwrap();
        self.thread.join().unwrap()
    }
}

/// Sends bytes that are neither TLS nor HTTP, and reads them at the other end.
fn send(from: &TcpStream, to: &TcpStream, bytes: usize) {
    let sent: Vec<u8> = (0..bytes).map(|at| at.to_le_bytes()[0]).collect();
    let mut received = vec![0; bytes];
    std::thread::scope(|scope| {
        scope.spawn(|| { &*from }.write_all(&sent).unwrap());
        { &*to }.read_exact(&mut received).unwrap();
    });
    assert!(received == sent);
}

#[test]
fn stream_passes_both_ways_and_finishes_on_both_sides() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let (mut phone, mut server) = bench.connect();
        send(&phone, &server, 1_000_000);
        send(&server, &phone, 1_000_000);
        phone.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
        send(&server, &phone, 10_000);
        drop(server);
        assert_eq!(phone.read(&mut [0; 8]).unwrap(), 0);
        bench.stop().unwrap();
    });
}

#[test]
fn refusal_of_the_server_is_the_phones_refusal() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let error = TcpStream::connect("10.9.0.100:9").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        bench.stop().unwrap();
    });
}

#[test]
fn datagrams_pass_both_ways_and_a_closed_port_is_told() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let server = bench.network.run(|| UdpSocket::bind("10.9.0.100:0").unwrap());
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        phone.connect(server.local_addr().unwrap()).unwrap();
        for round in 0..100_u8 {
            phone.send(&[round; 1_000]).unwrap();
            let mut buffer = [0; 2_000];
            let (len, from) = server.recv_from(&mut buffer).unwrap();
            server.send_to(&buffer[..len], from).unwrap();
            assert_eq!(phone.recv(&mut buffer).unwrap(), 1_000);
            assert_eq!(buffer[..1_000], [round; 1_000]);
        }

        drop(server);
        phone.send(b"anybody?").unwrap();
        assert_eq!(
            phone.recv(&mut [0; 8]).unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        bench.stop().unwrap();
    });
}

#[test]
fn burst_of_datagrams_arrives_whole() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let server = bench.network.run(|| UdpSocket::bind("10.9.0.100:0").unwrap());
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        phone.connect(server.local_addr().unwrap()).unwrap();
        phone.send(b"hello").unwrap();
        let from = server.recv_from(&mut [0; 8]).unwrap().1;
        // More than one turn reads from a socket.
        for number in 0..150_u8 {
            server.send_to(&[number; 100], from).unwrap();
        }
        for number in 0..150 {
            let mut buffer = [0; 200];
            assert_eq!((phone.recv(&mut buffer).unwrap(), buffer[0]), (100, number));
        }
        bench.stop().unwrap();
    });
}

#[test]
fn lists_swapped_under_traffic_cost_no_byte_and_no_datagram() {
    const SWAPS: usize = 100;
    in_fresh_network(|| {
        let bench = Bench::new();
        let server = bench.network.run(|| UdpSocket::bind("10.9.0.100:0").unwrap());
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        phone.connect(server.local_addr().unwrap()).unwrap();
        for socket in [&server, &phone] {
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        }
        let (stream, far) = bench.connect();
        send(&stream, &far, 100);
        let list = |end: &str| {
            let names: String = (0..1_000).map(|number| format!("{number}.{end}\n")).collect();
            let rules = RulesBuilder::new(Preset::Everything).list(end, &names);
            Arc::new(rules.unwrap().build())
        };
        let lists = ["ads.example", "tracking.example"].map(list);
        let (swaps, sending) = (AtomicUsize::new(0), AtomicUsize::new(2));
        let is_over = |rounds, round| round >= rounds && swaps.load(Ordering::Acquire) >= SWAPS;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Bounded, for a sender that fails and never says that it is done.
                for list in lists.iter().cycle().take(100_000) {
                    if sending.load(Ordering::Acquire) == 0 {
                        break;
                    }
                    bench.handle.replace_rules(Arc::clone(list)).unwrap();
                    // Answered behind the swap: each list is in force before the next one comes.
                    bench.handle.snapshot().unwrap();
                    swaps.fetch_add(1, Ordering::AcqRel);
                }
            });
            scope.spawn(|| {
                for round in (0..).take_while(|round| !is_over(300, *round)) {
                    let (mut buffer, payload) = ([0; 2_000], [round as u8; 1_000]);
                    phone.send(&payload).unwrap();
                    let (len, from) = server.recv_from(&mut buffer).unwrap();
                    server.send_to(&buffer[..len], from).unwrap();
                    assert_eq!(phone.recv(&mut buffer).unwrap(), 1_000);
                    assert_eq!(buffer[..1_000], payload);
                }
                sending.fetch_sub(1, Ordering::AcqRel);
            });
            for _ in (0..).take_while(|round| !is_over(30, *round)) {
                send(&stream, &far, 100_000);
                send(&far, &stream, 100_000);
            }
            sending.fetch_sub(1, Ordering::AcqRel);
        });
        assert_eq!(bench.handle.snapshot().unwrap().tunnel.panics, 0);

        // The swaps were no empty gesture: one that blocks the server ends the same stream.
        let blocking = RulesBuilder::new(Preset::None).block("10.9.0.100").unwrap();
        bench.handle.replace_rules(Arc::new(blocking.build())).unwrap();
        let error = { &stream }.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        bench.stop().unwrap();
    });
}

#[test]
fn ping_is_answered_by_whom_it_was_sent_to() {
    in_fresh_network(|| {
        std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").unwrap();
        let bench = Bench::new();
        let phone = UdpSocket::from(Sockets::new().ping([10, 9, 0, 100].into()).unwrap());
        phone.set_nonblocking(false).unwrap();
        phone.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        phone
            .send_to(&[8, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3], "10.9.0.100:0")
            .unwrap();
        let mut reply = [0; 64];
        let (len, from) = phone.recv_from(&mut reply).unwrap();
        assert_eq!(from.ip().to_string(), "10.9.0.100");
        assert_eq!((reply[0], &reply[6..len]), (0, [0, 9, 1, 2, 3].as_slice()));
        bench.stop().unwrap();
    });
}

#[test]
fn question_is_asked_of_the_resolver_and_its_answer_comes_back() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let resolver = bench.network.run(|| UdpSocket::bind("10.9.0.100:53").unwrap());
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        phone.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01";
        // Any address is a resolver to the phone.
        phone.send_to(question, "10.9.0.100:53").unwrap();
        let mut buffer = [0; 512];
        let (len, from) = resolver.recv_from(&mut buffer).unwrap();
        assert_eq!(from.ip().to_string(), "10.9.0.1");
        buffer[2] |= 0x80;
        buffer[7] = 1;
        let mut answer = buffer[..len].to_vec();
        answer.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
        resolver.send_to(&answer, from).unwrap();
        let len = phone.recv(&mut buffer).unwrap();
        assert_eq!(len, question.len() + 16);
        assert_eq!(buffer[..2], question[..2]);
        assert_eq!(
            buffer[12..question.len()],
            question[12..],
            "the case of the letters is the phone's"
        );
        assert_eq!(buffer[len - 4..len], [192, 0, 2, 1]);
        bench.stop().unwrap();
    });
}

#[test]
fn panic_costs_the_flows_and_not_the_session() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let (mut phone, mut server) = bench.connect();
        send(&phone, &server, 100);
        bench.handle.panic("a test asked for it").unwrap();
        let told = std::iter::from_fn(|| bench.events.next()).find_map(|notice| match notice {
            Notice::Outage { text, .. } => Some(text),
            _ => None,
        });
        assert_eq!(told.as_deref(), Some("a test asked for it"));
        assert_eq!(
            server.read(&mut [0; 8]).unwrap(),
            0,
            "the lost flow's socket is closed"
        );
        phone.write_all(&[0]).unwrap();
        assert_eq!(
            phone.read(&mut [0; 8]).unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );

        let (phone, server) = bench.connect();
        send(&phone, &server, 100);
        assert_eq!(bench.handle.snapshot().unwrap().tunnel.panics, 1);
        bench.stop().unwrap();
    });
}

#[test]
fn engine_that_fails_again_and_again_ends_the_tunnel() {
    in_fresh_network(|| {
        let bench = Bench::new();
        for _ in 0..=PANICS_AT_MOST {
            bench.handle.panic("again").unwrap();
        }
        assert!(matches!(bench.thread.join().unwrap(), Err(RunError::Panics)));
        assert!(std::iter::from_fn(|| bench.events.next()).count() <= PANICS_AT_MOST);
        assert!(bench.events.is_closed());
        assert!(bench.handle.stop().is_err());
    });
}

#[test]
fn idle_tunnel_makes_no_turns() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let (phone, server) = bench.connect();
        send(&phone, &server, 100);
        let turns_after = |millis| {
            while bench.events.next_timeout(Duration::from_millis(millis)).is_some() {}
            bench.handle.snapshot().unwrap().tunnel.turns
        };
        // The handshake's timer, which activity does not take back, is over by then.
        let before = turns_after(1_500);
        assert_eq!(
            turns_after(1_000),
            before + 1,
            "the snapshot's own turn, and no other"
        );
        drop((phone, server));
        bench.stop().unwrap();
    });
}

#[test]
fn device_may_be_replaced_and_its_end_is_the_tunnels() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let (phone, server) = bench.connect();
        send(&phone, &server, 100);
        bench
            .handle
            .replace_device(Device::open("tun1").unwrap())
            .unwrap();
        bench.handle.snapshot().unwrap();
        // The old device has gone with its descriptor, and its routes with it.
        ip("address add 198.18.0.1/24 dev tun1");
        ip("link set tun1 up");
        ip("route add 10.9.0.100 dev tun1");
        send(&phone, &server, 100);
        ip("link delete tun1");
        assert!(matches!(bench.thread.join().unwrap(), Err(RunError::Device(_))));
    });
}

#[test]
fn deadlines_of_one_grid_cell_cost_one_wake_up() {
    let at = |millis: u64| Timestamp::from_micros(millis * 1_000);
    let now = at(801);
    assert_eq!(on_grid(at(809), now), Duration::from_millis(15));
    assert_eq!(on_grid(at(815), now), Duration::from_millis(15));
    assert_eq!(on_grid(at(816), now), Duration::from_millis(15));
    assert_eq!(on_grid(at(802), now), Duration::from_millis(7));
    assert_eq!(on_grid(at(801), now), Duration::ZERO);
    assert_eq!(on_grid(Timestamp::ZERO, now), Duration::ZERO);
    assert!(on_grid(Timestamp::from_micros(u64::MAX), now) > Duration::from_secs(1));
}

#[test]
fn command_to_an_ended_tunnel_says_so() {
    in_fresh_network(|| {
        let bench = Bench::new();
        let handle = bench.handle.clone();
        bench.stop().unwrap();
        assert!(matches!(handle.snapshot(), Err(crate::CommandError::Ended)));
        assert!(matches!(
            handle.network_changed(),
            Err(crate::CommandError::Ended)
        ));
    });
}
