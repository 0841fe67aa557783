//! Each load against its own server, over loopback: what it reports is what happened.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::thread;

use serde_json::Value;

use super::bulk::Way;
use super::*;

const LOCAL: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

fn count(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

fn echo() -> SocketAddr {
    let listener = TcpListener::bind(LOCAL).unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || serve::serve_threads(&listener, serve::echo_back));
    at
}

/// The first speaks first.
fn many() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind(LOCAL).unwrap());
    let at = [0, 1].map(|number| listeners[number].local_addr().unwrap());
    thread::spawn(move || serve::serve_many(listeners.into()));
    at
}

fn bulk_server() -> SocketAddr {
    let listener = TcpListener::bind(LOCAL).unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || serve::serve_threads(&listener, bulk::answer));
    at
}

#[test]
fn hello_has_the_size_of_a_browsers_and_the_name_in_it() {
    let hello = client_hello("www.example.org");
    assert_eq!(hello.len(), HELLO);
    assert!(hello.windows(15).any(|bytes| bytes == b"www.example.org"));
}

#[test]
fn streams_carry_bytes_both_ways_and_the_server_counts_the_same() {
    let at = bulk_server();
    for way in [Way::Up, Way::Down] {
        let value = bulk::client(at, way, 2, 0.1, 0).unwrap();
        assert!(count(&value, "bytes") > 1e5, "{way:?}: {value}");
        assert!(
            count(&value, "stall_ms") < 1e3 * count(&value, "seconds"),
            "{way:?}: {value}"
        );
    }
}

#[test]
fn paced_stream_keeps_its_pace() {
    let value = bulk::client(bulk_server(), Way::Down, 1, 0.2, 1_000_000).unwrap();
    let rate = count(&value, "bytes") / count(&value, "seconds");
    // A machine that is busy makes it slower, none makes it faster.
    assert!(rate > 1e5 && rate < 1.3e6, "{value}");
}

#[test]
fn datagrams_arrive_both_ways_and_losses_are_told() {
    let socket = UdpSocket::bind(LOCAL).unwrap();
    let at = socket.local_addr().unwrap();
    thread::spawn(move || datagrams::serve(&socket));
    for way in [Way::Up, Way::Down, Way::Up] {
        let value = datagrams::client(at, way, 0.1, "www.example.org").unwrap();
        let arrived = count(&value, "bytes") / 1_350.0;
        assert!(arrived >= 64.0, "{way:?}: {value}");
        assert!(
            arrived + count(&value, "lost") >= count(&value, "sent"),
            "{way:?}: {value}"
        );
    }
}

#[test]
fn round_trips_banners_and_first_bytes_are_as_many_as_were_asked_for() {
    assert_eq!(
        count(&sequential::round_trips(echo(), 20).unwrap(), "count"),
        20.0
    );
    let [banner, hello] = many();
    assert_eq!(count(&sequential::banners(banner, 20).unwrap(), "count"), 20.0);
    let value = sequential::first_bytes(hello, 20, "www.example.org").unwrap();
    assert_eq!(count(&value["answered"], "count"), 20.0);
    assert_eq!(count(&value["reset"], "count"), 0.0);
}

#[test]
fn reset_after_a_hello_is_told_as_one() {
    let listener = TcpListener::bind(LOCAL).unwrap();
    let at = listener.local_addr().unwrap();
    // Closed with a hello unread, which resets.
    thread::spawn(move || {
        for peer in listener.incoming().flatten() {
            let _ = peer.peek(&mut [0]);
        }
    });
    let value = sequential::first_bytes(at, 5, "x.ads.example").unwrap();
    assert_eq!(count(&value["reset"], "count"), 5.0);
    assert_eq!(count(&value["answered"], "count"), 0.0);
}

#[test]
fn connections_that_are_answered_and_those_that_are_refused_are_counted_apart() {
    let [_, at] = many();
    let value = connections::client(at, 0.1, 8, &client_hello("www.example.org")).unwrap();
    assert!(
        count(&value, "ok") >= 8.0 && count(&value, "failed") == 0.0,
        "{value}"
    );
    let closed = TcpListener::bind(LOCAL).unwrap().local_addr().unwrap();
    let value = connections::client(closed, 0.05, 2, &[1]).unwrap();
    assert!(
        count(&value, "ok") == 0.0 && count(&value, "failed") > 0.0,
        "{value}"
    );
}

#[test]
fn held_connections_stay_open() {
    let [_, at] = many();
    let (held, value) = hold::client(at, 30, &[1]);
    assert_eq!((held.len(), count(&value, "held")), (30, 30.0));
    for peer in &held {
        peer.set_nonblocking(true).unwrap();
        let nothing = peer.peek(&mut [0]).unwrap_err();
        assert!(is_later(&nothing), "{nothing}");
    }
}

#[test]
fn questions_are_answered_each_with_its_own_answer() {
    let socket = UdpSocket::bind(LOCAL).unwrap();
    let at = socket.local_addr().unwrap();
    thread::spawn(move || serve::serve_datagrams(&socket, questions::answer));
    let value = questions::client(at, 200, 16, "names.example").unwrap();
    assert_eq!(
        (
            count(&value, "ok"),
            count(&value, "failed"),
            count(&value, "refused")
        ),
        (200.0, 0.0, 0.0)
    );
}

#[test]
fn socks_server_relays_streams_and_datagrams() {
    use std::io::{Read, Write};

    let (ready, is_ready) = std::sync::mpsc::channel();
    let at = TcpListener::bind(LOCAL).unwrap().local_addr().unwrap();
    thread::spawn(move || socks::serve(at, move || ready.send(()).unwrap()));
    is_ready.recv().unwrap();
    let far = echo();
    let ask = |command: u8, to: SocketAddr| {
        let mut peer = std::net::TcpStream::connect(at).unwrap();
        peer.write_all(&[5, 1, 0, 5, command, 0, 1, 127, 0, 0, 1])
            .unwrap();
        peer.write_all(&to.port().to_be_bytes()).unwrap();
        let mut said = [0; 12];
        peer.read_exact(&mut said).unwrap();
        assert_eq!(said[..4], [5, 0, 5, 0]);
        (peer, u16::from_be_bytes([said[10], said[11]]))
    };
    let (mut peer, _) = ask(1, far);
    peer.write_all(b"through").unwrap();
    let mut bytes = [0; 7];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"through");

    let socket = UdpSocket::bind(LOCAL).unwrap();
    let echo = socket.local_addr().unwrap();
    thread::spawn(move || serve::serve_datagrams(&socket, |asked| Some(asked.to_vec())));
    let (_kept, port) = ask(3, echo);
    let near = UdpSocket::bind(LOCAL).unwrap();
    let head = [&[0, 0, 0, 1, 127, 0, 0, 1][..], &echo.port().to_be_bytes()].concat();
    near.send_to(&[&head[..], b"datagram"].concat(), (Ipv4Addr::LOCALHOST, port))
        .unwrap();
    let mut bytes = [0; 64];
    let len = near.recv(&mut bytes).unwrap();
    assert_eq!(bytes[..len], [&head[..], b"datagram"].concat());
}
