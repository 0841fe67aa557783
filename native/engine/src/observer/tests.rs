use blocklist::{Preset, RulesBuilder};
use wire::tcp::{Flags, Options, Segment, SeqNumber};

use super::*;
use crate::Ech;

use crate::inspect::client_hello::Hello;
use crate::inspect::quic_initial::Initial;

const CLIENT: &str = "10.0.0.2:40000";
const SERVER: &str = "192.0.2.7:443";
const RESOLVER: &str = "192.0.2.53:53";
const SYN: u32 = 0xffff_ff00;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: tracking.example.com\r\n\r\n";

fn observer() -> Observer {
    let rules = RulesBuilder::new(Preset::None)
        .block("tracking.example.com")
        .unwrap();
    Observer::new(rules.block("203.0.113.9").unwrap().build())
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn segment(src: &str, dst: &str, seq: u32, ack: u32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::tcp::MAX_HEADER];
    let segment = Segment {
        src: addr(src),
        dst: addr(dst),
        seq: SeqNumber(seq as i32),
        ack: SeqNumber(ack as i32),
        flags,
        window: 1000,
        options: &Options::default(),
    };
    let len = wire::tcp::emit(&mut header, &segment, &[payload]);
    [&header[..len], payload].concat()
}

fn datagram(src: &str, dst: &str, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::udp::MAX_HEADER];
    let len = wire::udp::emit(&mut header, addr(src), addr(dst), payload);
    [&header[..len], payload].concat()
}

fn question(name: &str) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message
}

fn syn(port_and_host: &str) -> Vec<u8> {
    segment(CLIENT, port_and_host, SYN, 0, Flags::SYN, &[])
}

/// A client's segment `offset` bytes behind the SYN.
fn data(server: &str, offset: u32, payload: &[u8]) -> Vec<u8> {
    segment(
        CLIENT,
        server,
        SYN.wrapping_add(1 + offset),
        1,
        Flags::ACK,
        payload,
    )
}

/// What an observer says of these packets: where, name, action.
fn sightings(packets: &[Vec<u8>]) -> Vec<(Seen, String, bool)> {
    let mut observer = observer();
    for packet in packets {
        observer.handle_packet(packet, Timestamp::ZERO);
    }
    let found = std::iter::from_fn(|| observer.poll_sighting());
    found
        .map(|sighting| {
            (
                sighting.seen,
                sighting.name.to_string(),
                sighting.verdict.is_block(),
            )
        })
        .collect()
}

fn seen(seen: Seen, name: &str, block: bool) -> (Seen, String, bool) {
    (seen, name.to_owned(), block)
}

#[test]
fn hello_after_a_syn_is_seen_with_its_ends_and_its_verdict() {
    let mut observer = observer();
    let hello = Hello::to("tracking.example.com").record();
    let at = Timestamp::from_micros(5);
    observer.handle_packet(&syn(SERVER), Timestamp::ZERO);
    observer.handle_packet(&data(SERVER, 0, &hello), at);
    let sighting = observer.poll_sighting().unwrap();
    assert_eq!(
        (sighting.client, sighting.remote, sighting.at),
        (addr(CLIENT), addr(SERVER), at)
    );
    assert_eq!((sighting.seen, sighting.reason.seen), (Seen::Sni, Seen::Sni));
    assert!(sighting.verdict.is_block());
    assert_eq!(observer.poll_sighting(), None);
    assert_eq!((observer.stats().packets_in, observer.stats().blocked), (2, 1));
}

#[test]
fn segments_may_come_in_any_order_twice_and_overlapping_and_wrap() {
    let hello = Hello::browser("www.example.org").records(300);
    let mut packets: Vec<_> = (0..hello.len())
        .step_by(200)
        .map(|at| data(SERVER, at as u32, &hello[at..hello.len().min(at + 350)]))
        .collect();
    let expected = [seen(Seen::Sni, "www.example.org", false)];
    for _ in 0..2 {
        let all = [vec![syn(SERVER)], packets.clone(), packets.clone()].concat();
        assert_eq!(sightings(&all), expected);
        packets.reverse();
    }
}

#[test]
fn data_in_a_syn_and_the_byte_of_a_keepalive_are_placed() {
    let with_data = segment(CLIENT, SERVER, SYN, 0, Flags::SYN, REQUEST);
    let expected = [seen(Seen::Host, "tracking.example.com", true)];
    assert_eq!(sightings(&[with_data]), expected);
    let keepalive = segment(CLIENT, SERVER, SYN, 1, Flags::ACK, &[0]);
    assert_eq!(
        sightings(&[syn(SERVER), keepalive, data(SERVER, 0, REQUEST)]),
        expected
    );
}

#[test]
fn connection_without_a_syn_is_picked_up_at_its_first_segment() {
    let expected = [seen(Seen::Host, "tracking.example.com", true)];
    assert_eq!(sightings(&[data(SERVER, 77, REQUEST)]), expected);
    let synack = segment(
        SERVER,
        CLIENT,
        9,
        SYN.wrapping_add(1),
        Flags::SYN.with(Flags::ACK),
        &[],
    );
    assert_eq!(
        sightings(&[
            synack,
            data(SERVER, 20, &REQUEST[20..]),
            data(SERVER, 0, &REQUEST[..20])
        ]),
        expected
    );
}

#[test]
fn what_a_server_says_is_not_read() {
    let synack = segment(
        SERVER,
        CLIENT,
        9,
        SYN.wrapping_add(1),
        Flags::SYN.with(Flags::ACK),
        &[],
    );
    let said = segment(SERVER, CLIENT, 10, SYN.wrapping_add(1), Flags::ACK, REQUEST);
    assert_eq!(sightings(&[syn(SERVER), synack, said]), []);
}

#[test]
fn new_syn_on_old_ports_is_a_new_connection_and_a_repeated_one_is_not() {
    let hello = Hello::to("a.example").record();
    let again = [
        segment(CLIENT, SERVER, 5, 0, Flags::SYN, &[]),
        segment(CLIENT, SERVER, 6, 1, Flags::ACK, REQUEST),
    ];
    let packets = [
        vec![syn(SERVER), syn(SERVER), data(SERVER, 0, &hello), syn(SERVER)],
        again.to_vec(),
    ]
    .concat();
    let expected = [
        seen(Seen::Sni, "a.example", false),
        seen(Seen::Host, "tracking.example.com", true),
    ];
    assert_eq!(sightings(&packets), expected);
}

#[test]
fn each_request_of_a_kept_connection_is_seen() {
    let get = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    let post = b"POST / HTTP/1.1\r\nHost: b.example\r\nContent-Length: 16\r\n\r\nGET / HTTP/1.1\r\n".to_vec();
    let chunked =
        b"POST / HTTP/1.1\r\nHost: d.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            .to_vec();
    let requests = [
        get("a.example"),
        post,
        get("c.example"),
        chunked,
        get("e.example"),
    ];
    let mut packets = vec![syn(SERVER)];
    let mut offset = 0;
    for request in &requests {
        packets.push(data(SERVER, offset, request));
        offset += request.len() as u32;
    }
    let names: Vec<_> = sightings(&packets).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(
        names,
        ["a.example", "b.example", "c.example", "d.example", "e.example"]
    );
    // One of them is missing from the recording.
    packets.remove(2);
    let names: Vec<_> = sightings(&packets).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["a.example", "c.example", "d.example", "e.example"]);
}

#[test]
fn questions_are_seen_over_udp_and_tcp() {
    let framed = |name: &str| {
        let question = question(name);
        [
            &u16::try_from(question.len()).unwrap().to_be_bytes()[..],
            &question,
        ]
        .concat()
    };
    let stream = [framed("b.example"), framed("c.example")].concat();
    let mut packets = vec![
        datagram(CLIENT, RESOLVER, &question("Tracking.EXAMPLE.com")),
        syn(RESOLVER),
    ];
    packets.extend((0..stream.len()).map(|at| data(RESOLVER, at as u32, &stream[at..at + 1])));
    let expected = [
        seen(Seen::Query, "tracking.example.com", true),
        seen(Seen::Query, "b.example", false),
        seen(Seen::Query, "c.example", false),
    ];
    assert_eq!(sightings(&packets), expected);
}

#[test]
fn answers_and_other_ports_are_no_questions() {
    let mut answer = question("a.example");
    answer[2] |= 0x80;
    let packets = [
        datagram(CLIENT, RESOLVER, &answer),
        datagram(CLIENT, "192.0.2.1:5353", &question("b.local")),
    ];
    assert_eq!(sightings(&packets), []);
}

#[test]
fn address_rule_decides_before_the_name() {
    let hello = Hello::to("fine.example").record();
    let decided = |server: &str| {
        let mut observer = observer();
        observer.handle_packet(&data(server, 0, &hello), Timestamp::ZERO);
        let sighting = observer.poll_sighting().unwrap();
        (sighting.verdict.is_block(), sighting.reason.seen)
    };
    assert_eq!(decided("203.0.113.9:443"), (true, Seen::Address));
    assert_eq!(decided(SERVER), (false, Seen::Sni));
}

#[test]
fn answer_with_a_blocked_alias_is_refused_under_the_name_that_was_asked() {
    let mut answer = question("fine.example");
    (answer[2], answer[7]) = (0x81, 1);
    // CNAME, IN, a minute, out of the labels of `tracking.example.com`.
    answer.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x16\x08tracking\x07example\x03com\x00");
    let mut observer = observer();
    observer.handle_packet(&datagram(RESOLVER, CLIENT, &answer), Timestamp::ZERO);
    let sighting = observer.poll_sighting().unwrap();
    assert_eq!(
        (sighting.seen, sighting.name.as_str()),
        (Seen::Cname, "fine.example")
    );
    assert_eq!((sighting.client, sighting.remote), (addr(CLIENT), addr(RESOLVER)));
    assert!(sighting.verdict.is_block());
    assert_eq!(
        sighting.reason.name,
        Some(Name::from_text("tracking.example.com"))
    );
    assert_eq!(sightings(&[datagram(RESOLVER, CLIENT, &answer[..30])]), []);
}

#[test]
fn a_packet_that_says_more_than_is_there_is_read_as_far_as_it_goes() {
    let whole = datagram(CLIENT, RESOLVER, &question("a.example"));
    let six = datagram("[2001:db8::2]:40000", "[2001:db8::53]:53", &question("b.example"));
    let said = |packet: &[u8], at: usize, len: u16| {
        let mut packet = packet.to_vec();
        packet[at..at + 2].copy_from_slice(&len.to_be_bytes());
        packet
    };
    let packets = [
        said(&whole, 2, 0x8d48),
        said(&whole, 24, 0x22a),
        said(&said(&whole, 2, 0x8d48), 24, 0x22a),
        said(&six, 4, 0x100),
    ];
    let names: Vec<_> = sightings(&packets).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["a.example", "a.example", "a.example", "b.example"]);
    let short = |packet: &[u8]| sightings(&[packet[..packet.len() - 1].to_vec()]);
    assert_eq!(short(&whole), [], "its question is not all there");
    let mut fragment = said(&whole, 2, 0x8d48);
    fragment[6] = 0x20;
    assert_eq!(sightings(&[fragment]), []);
}

#[test]
fn what_is_said_through_a_socks_proxy_is_seen() {
    let proxy = "192.0.2.7:1080";
    let hello = Hello::to("inner.example").record();
    for (turns, said) in [
        (
            &[&b"\x05\x01\x00"[..], b"\x05\x01\x00\x03\x09a.example\x00\x50"][..],
            REQUEST,
        ),
        (
            &[
                b"\x05\x02\x00\x02",
                b"\x01\x02me\x03pwd",
                b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50",
            ],
            REQUEST,
        ),
        (
            &[b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.example\x00"],
            &hello[..],
        ),
    ] {
        let mut offset = 0;
        let mut packets = vec![syn(proxy)];
        for turn in turns.iter().copied().chain([said]) {
            packets.push(data(proxy, offset, turn));
            offset += turn.len() as u32;
        }
        let expected = if said == REQUEST {
            seen(Seen::Host, "tracking.example.com", true)
        } else {
            seen(Seen::Sni, "inner.example", false)
        };
        assert_eq!(sightings(&packets), [expected]);
    }
}

#[test]
fn ech_is_told_from_what_answers_published() {
    let config = b"\x07\0\x20\0\x02kk\0\x04\0\x01\0\x01\0\x0dfront.example\0\0";
    let config = [&[0xfe, 0x0d, 0, config.len() as u8][..], config].concat();
    let list = [&[0, config.len() as u8][..], &config].concat();
    let data = [&b"\0\x01\0\0\x05\0"[..], &[list.len() as u8], &list].concat();
    let mut answer = question("page.example");
    (answer[2], answer[7]) = (0x81, 1);
    let len = answer.len();
    answer[len - 4..len].copy_from_slice(&[0, 65, 0, 1]);
    answer.extend(b"\xc0\x0c\0\x41\0\x01\0\0\x01\x2c\0");
    answer.push(data.len() as u8);
    answer.extend(data);
    let hello = |host: &str| Hello::to(host).ech(9);
    let quic = |host: &str| Initial::new(3).datagrams(&hello(host).message()).remove(0);
    let framed = [&(answer.len() as u16).to_be_bytes()[..], &answer].concat();
    let (first, rest) = framed.split_at(9);
    let seq = |offset: usize| 0x1000 + offset as u32;
    let by_tcp = |offset, piece| segment(RESOLVER, CLIENT, seq(offset), 1, Flags::ACK, piece);
    let resolver_syn = || {
        let reply = segment(
            RESOLVER,
            CLIENT,
            seq(0) - 1,
            SYN + 1,
            Flags::SYN.with(Flags::ACK),
            b"",
        );
        [syn(RESOLVER), reply]
    };
    let [asked, greeted] = resolver_syn();
    let [_, only_greeted] = resolver_syn();
    for answered in [
        vec![datagram(RESOLVER, CLIENT, &answer)],
        vec![by_tcp(0, &framed)],
        vec![asked, greeted, by_tcp(9, rest), by_tcp(0, first)],
        vec![only_greeted, by_tcp(0, first), by_tcp(9, rest)],
    ] {
        let mut observer = observer();
        let mut told = |packet: Vec<u8>| {
            observer.handle_packet(&packet, Timestamp::ZERO);
            observer.poll_sighting().and_then(|sighting| sighting.reason.ech)
        };
        assert_eq!(told(data_of(1, &hello("front.example"))), Some(Ech::Unknown));
        for packet in answered {
            assert_eq!(told(packet), None);
        }
        assert_eq!(told(data_of(2, &hello("front.example"))), Some(Ech::Real));
        assert_eq!(told(data_of(3, &hello("page.example"))), Some(Ech::Unknown));
        assert_eq!(told(data_of(4, &Hello::to("front.example"))), None);
        let flight = datagram(CLIENT, SERVER, &quic("front.example"));
        assert_eq!(told(flight), Some(Ech::Real));
    }
}

/// A hello as the first segment of its connection.
fn data_of(port: u16, hello: &Hello) -> Vec<u8> {
    let client = format!("10.0.0.2:{port}");
    segment(&client, SERVER, 1, 1, Flags::ACK, &hello.record())
}

#[test]
fn packets_cut_off_or_flipped_anywhere_never_panic() {
    let packets = [
        data(SERVER, 0, &Hello::to("a.example").record()),
        data(SERVER, 0, REQUEST),
        datagram(CLIENT, RESOLVER, &question("a.example")),
        segment("[2001:db8::1]:1", "[2001:db8::2]:80", 1, 0, Flags::SYN, REQUEST),
    ];
    let mut observer = observer();
    for packet in &packets {
        for len in 0..packet.len() {
            observer.handle_packet(&packet[..len], Timestamp::ZERO);
        }
        for at in 0..packet.len() {
            for bit in 0..8 {
                let mut flipped = packet.clone();
                flipped[at] ^= 1 << bit;
                observer.handle_packet(&flipped, Timestamp::ZERO);
            }
        }
    }
    assert!(observer.stats().discarded.iter().sum::<u64>() > 100);
}

#[test]
fn quic_names_are_seen_once_a_connection_in_any_order_and_on_any_port() {
    let two = Initial::new(7).datagrams(&Hello::browser("tracking.example.com").message());
    let seen = || (Seen::Quic, "tracking.example.com".to_owned(), true);
    let client = |payload: &[u8]| datagram(CLIENT, "192.0.2.7:8443", payload);
    for order in [[0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0]] {
        let packets: Vec<_> = order.iter().map(|&i| client(&two[i])).collect();
        assert_eq!(sightings(&packets), [seen()], "{order:?}");
    }
    // A Retry makes the client say its name to another id.
    let again = Initial::new(8).datagrams(&Hello::browser("tracking.example.com").message());
    let packets: Vec<_> = two.iter().chain(&again).map(|it| client(it)).collect();
    assert_eq!(sightings(&packets), [seen()]);
    let other = Initial::new(9).datagrams(&Hello::to("page.example.com").message());
    let packets: Vec<_> = two.iter().chain(&other).map(|it| client(it)).collect();
    let page = (Seen::Quic, "page.example.com".to_owned(), false);
    assert_eq!(sightings(&packets), [seen(), page]);
}

#[test]
fn what_a_server_sends_or_nobody_sealed_has_no_quic_name() {
    let server = Initial {
        side: wire::quic::Side::Server,
        ..Initial::new(7)
    };
    let hello = Hello::to("tracking.example.com").message();
    let mut broken = Initial::new(7).datagrams(&hello).remove(0);
    broken[600] ^= 1;
    let packets = [
        datagram(SERVER, CLIENT, &server.datagrams(&hello)[0]),
        datagram(CLIENT, SERVER, &broken),
        datagram(CLIENT, SERVER, &[0xff; 1_200]),
    ];
    assert_eq!(sightings(&packets), []);
}

#[test]
fn addresses_told_in_plain_http_carry_their_names_to_flows_that_show_none() {
    let server = "110.43.0.83:80";
    let request = b"GET /gslb?tver=2&dm=tracking.example.com HTTP/1.1\r\nHost: 110.43.0.83\r\n\r\n";
    let body = r#"{"info":{"host_list":[{"ip":"198.51.100.66","port":8053},{"ip":"198.51.100.67"}]}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut packets = vec![
        syn(server),
        segment(CLIENT, server, SYN + 1, 5_001, Flags::ACK, request),
    ];
    // The second half first, then all of it again.
    let (first, second) = answer.as_bytes().split_at(60);
    for (at, part) in [(60, second), (0, first), (0, answer.as_bytes())] {
        packets.push(segment(server, CLIENT, 5_001 + at, SYN + 90, Flags::ACK, part));
    }
    let telemetry = "198.51.100.66:8053";
    packets.push(syn(telemetry));
    packets.push(datagram(CLIENT, telemetry, b"21"));
    packets.push(datagram(CLIENT, telemetry, b"21"));
    // Another port, and a port where a name is expected: without one, and with one.
    packets.push(syn("198.51.100.66:8054"));
    let named = "198.51.100.67:443";
    packets.push(syn(named));
    packets.push(segment(
        CLIENT,
        named,
        SYN + 1,
        1,
        Flags::ACK,
        b"\xc2\xfe\x00\x05",
    ));
    let (other, hello) = ("10.0.0.2:40001", Hello::to("fine.example").record());
    packets.push(segment(other, named, SYN, 0, Flags::SYN, &[]));
    packets.push(segment(other, named, SYN + 1, 1, Flags::ACK, &hello));
    let told = || seen(Seen::HttpDns, "tracking.example.com", true);
    assert_eq!(
        sightings(&packets),
        [
            seen(Seen::Host, "110.43.0.83", false),
            told(),
            told(),
            told(),
            seen(Seen::Sni, "fine.example", false),
        ]
    );
    // Nothing is known of them in another recording.
    assert_eq!(sightings(&packets[5..9]), []);
}
