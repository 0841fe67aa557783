//! The routes of a packet through the engine, each as a number of equal rounds.

use std::net::SocketAddr;

use wire::tcp::{Flags, SeqNumber};

use crate::client_hello::Hello;
use crate::phone::{App, Phone, datagram, renumber};
use crate::quic_initial::Initial;

/// Segments and datagrams of a batch.
const BATCH: usize = 64;
/// Bytes of a full segment.
const MSS: usize = 1_460;
/// Bytes of a datagram of QUIC in full swing.
const DATAGRAM: usize = 1_350;
/// Bytes of a write to the TUN in a download.
const WRITE: usize = 64_900;
/// A port on which the first bytes are not waited for.
const PLAIN: u16 = 7_000;

/// One route.
pub(crate) struct Route {
    /// Its name in the table of counts.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// Rounds that repeat well and take a second.
    pub(crate) rounds: u32,
    /// Units of one round.
    pub(crate) units: u32,
    /// Prepares a phone; what it returns does one round.
    pub(crate) prepare: fn() -> Box<dyn FnMut()>,
}

/// All of them.
pub(crate) const ROUTES: [Route; 10] = [
    route("tcp-up", "segment of 1,460 bytes", 100, 64, tcp_up),
    route("tcp-down", "write of 64,900 bytes", 300, 1, tcp_down),
    route(
        "tcp-request",
        "request and answer of 64 bytes",
        3_000,
        1,
        tcp_request,
    ),
    route(
        "tcp-connection",
        "connection with one request",
        1_000,
        1,
        tcp_connection,
    ),
    route(
        "tls-connection",
        "connection with a ClientHello and a verdict",
        500,
        1,
        tls_connection,
    ),
    route("dns-forwarded", "question and answer", 1_000, 1, dns_forwarded),
    route("dns-refused", "question of a refused name", 1_000, 1, dns_refused),
    route("udp-up", "datagram of 1,350 bytes", 100, 64, udp_up),
    route("udp-down", "datagram of 1,350 bytes", 100, 48, udp_down),
    route(
        "quic-opening",
        "Initial with a name, on a new mapping",
        300,
        1,
        quic_opening,
    ),
];

const fn route(
    name: &'static str,
    unit: &'static str,
    rounds: u32,
    units: u32,
    prepare: fn() -> Box<dyn FnMut()>,
) -> Route {
    Route {
        name,
        unit,
        rounds,
        units,
        prepare,
    }
}

fn tcp_up() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let (mut app, _) = App::open(&mut phone, PLAIN);
    let mut packets = vec![app.packet(Flags::ACK, phone.heard, &[7; MSS]); BATCH];
    Box::new(move || {
        for packet in &mut packets {
            renumber(packet, app.seq, phone.heard);
            app.seq += MSS;
        }
        phone.send(packets.iter().map(Vec::as_slice));
    })
}

fn tcp_down() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let (app, flow) = App::open(&mut phone, PLAIN);
    let mut ack = app.packet(Flags::ACK, phone.heard, &[]);
    Box::new(move || {
        phone.answer(flow, WRITE);
        renumber(&mut ack, app.seq, phone.heard);
        phone.send([ack.as_slice()]);
    })
}

fn tcp_request() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let (mut app, flow) = App::open(&mut phone, PLAIN);
    let mut request = app.packet(Flags::ACK.with(Flags::PSH), phone.heard, &[7; 64]);
    Box::new(move || {
        renumber(&mut request, app.seq, phone.heard);
        app.seq += 64;
        phone.send([request.as_slice()]);
        phone.answer(flow, 64);
    })
}

/// What follows the handshake: a request, an answer, and both ends.
fn finish(phone: &mut Phone, mut app: App, flow: engine::FlowId) {
    phone.answer(flow, 1);
    phone.send([app
        .packet(Flags::FIN.with(Flags::ACK), phone.heard, &[])
        .as_slice()]);
    app.seq += 1;
    phone.engine.handle_readable(flow, true, phone.now);
    phone.end();
    phone.send([app.packet(Flags::ACK, phone.heard, &[]).as_slice()]);
    assert_eq!(phone.engine.stats().tcp_flows, 0, "the flow has ended");
}

fn tcp_connection() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    Box::new(move || {
        let (mut app, flow) = App::open(&mut phone, PLAIN);
        phone.send([app
            .packet(Flags::ACK.with(Flags::PSH), phone.heard, &[7])
            .as_slice()]);
        app.seq += 1;
        finish(&mut phone, app, flow);
    })
}

fn tls_connection() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let hello = Hello::to("www.example.org").record();
    Box::new(move || {
        let mut app = App::new(&mut phone, 443);
        phone.send([app.packet(Flags::SYN, SeqNumber(0), &[]).as_slice()]);
        app.seq += 1;
        phone.send([app.packet(Flags::ACK, phone.heard, &[]).as_slice()]);
        phone.send([app
            .packet(Flags::ACK.with(Flags::PSH), phone.heard, &hello)
            .as_slice()]);
        app.seq += hello.len();
        let flow = phone.connect();
        finish(&mut phone, app, flow);
    })
}

fn resolver() -> SocketAddr {
    ([192, 0, 2, 53], 53).into()
}

/// A question for the address of `name`.
fn question(name: &str) -> Vec<u8> {
    let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, 1, 0, 1]);
    message
}

fn dns_forwarded() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let packet = datagram(5_000, resolver(), &question("www.example.com"));
    Box::new(move || {
        phone.send([packet.as_slice()]);
        let (ask, mut answer) = phone.asked.take().expect("a question that leaves");
        // A response with one address.
        answer[2] |= 0x80;
        answer[7] = 1;
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 80]);
        phone.engine.handle_answer(ask, &answer, phone.now);
        phone.drain();
    })
}

fn dns_refused() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    // In each preset, whatever else the lists hold.
    let packet = datagram(5_000, resolver(), &question("canary.hushwall.test"));
    Box::new(move || {
        phone.send([packet.as_slice()]);
        assert!(phone.asked.is_none(), "it does not leave");
    })
}

fn udp_up() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let packet = datagram(5_000, ([192, 0, 2, 7], 4_433).into(), &[0x41; DATAGRAM]);
    Box::new(move || phone.send([packet.as_slice(); BATCH]))
}

fn udp_down() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let server = SocketAddr::from(([192, 0, 2, 7], 4_433));
    phone.send([datagram(5_000, server, &[0x41; DATAGRAM]).as_slice()]);
    let mapping = phone.mapping.expect("a mapping");
    let payload = vec![0x41; 48 * DATAGRAM];
    Box::new(move || {
        phone.engine.handle_timeout(phone.now);
        phone
            .engine
            .handle_datagrams(mapping, server, &payload, DATAGRAM, phone.now);
        phone.drain();
    })
}

fn quic_opening() -> Box<dyn FnMut()> {
    let mut phone = Phone::new();
    let initials = Initial::new(7).datagrams(&Hello::to("www.example.org").message());
    let packet = datagram(5_000, ([192, 0, 2, 7], 443).into(), &initials[0]);
    Box::new(move || {
        phone.send([packet.as_slice()]);
        assert!(phone.mapping.take().is_some(), "let through");
        // The mapping ends, so that the next round's is a new one.
        phone.engine.network_changed(phone.now);
        phone.drain();
    })
}
