//! The phone against a plain stack, without an engine between: what the other tests take for granted.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::clock::START;
use crate::link::{Lane, Weather};
use crate::names::{self, Message};
use crate::packet::Segment;
use crate::script::{Ending, Pace, Text};

/// A stack that accepts one flow at any address.
struct Plain {
    iface: Interface,
    sockets: SocketSet<'static>,
    wire: Wire,
    handle: SocketHandle,
    speaker: Speaker,
    wake: Option<Timestamp>,
}

impl Plain {
    fn new(port: u16, script: Script) -> Self {
        let mut wire = Wire {
            rx: VecDeque::new(),
            tx: VecDeque::new(),
            mtu: 1500,
        };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = 1;
        let mut iface = Interface::new(config, &mut wire, instant(START));
        let gateway = Ipv4Addr::new(10, 0, 0, 1);
        iface.update_ip_addrs(|addresses| addresses.push(IpCidr::new(gateway.into(), 8)).unwrap());
        iface.set_any_ip(true);
        iface.routes_mut().add_default_ipv4_route(gateway).unwrap();
        let buffer = || tcp::SocketBuffer::new(vec![0; 20_000]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.listen(port).unwrap();
        let mut sockets = SocketSet::new(Vec::new());
        let handle = sockets.add(socket);
        Self {
            iface,
            sockets,
            wire,
            handle,
            speaker: Speaker::new(script),
            wake: None,
        }
    }

    fn turn(&mut self, now: Timestamp) {
        self.iface.poll(instant(now), &mut self.wire, &mut self.sockets);
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.handle);
        if socket.may_send() || socket.may_recv() {
            let mut aborted = false;
            self.wake = self.speaker.turn(
                now,
                &mut TcpPipe {
                    socket,
                    aborted: &mut aborted,
                    fin_came: false,
                },
            );
        }
        self.iface.poll(instant(now), &mut self.wire, &mut self.sockets);
    }

    fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let at = self.iface.poll_at(instant(now), &self.sockets).map(timestamp);
        [at, self.wake].into_iter().flatten().min()
    }
}

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 9, 8, 7)), 4433);

/// Runs phone and plain stack against each other for a minute.
fn converse(app: Script, server: Script, weather: Weather) -> (Phone, Plain) {
    let mut phone = Phone::new(1500, 7, START);
    let mut plain = Plain::new(SERVER.port(), server);
    let lane = |seed| Lane::new(weather, 500, Duration::from_micros(10), seed);
    let (mut up, mut down) = (lane(1), lane(2));
    phone.connect(SERVER, Socket::default(), app);
    let mut now = START;
    while now < START + Duration::from_secs(600) {
        while let Some(packet) = down.pop(now) {
            phone.receive(packet, now);
        }
        phone.turn(now);
        while let Some(packet) = phone.transmit() {
            up.push(packet, now);
        }
        while let Some(packet) = up.pop(now) {
            plain.wire.rx.push_back(packet);
        }
        plain.turn(now);
        while let Some(packet) = plain.wire.tx.pop_front() {
            down.push(packet, now);
        }
        let next = [phone.poll_timeout(now), plain.next(now), up.due(), down.due()];
        let Some(next) = next.into_iter().flatten().min() else {
            break;
        };
        now = now.max(next) + Duration::from_micros(1);
    }
    (phone, plain)
}

#[test]
fn phone_and_plain_stack_hear_each_other_through_rough_weather() {
    let (said, told) = (Text::seeded(1, 300_000), Text::seeded(2, 200_000));
    let app = Script::says(said.clone()).expecting(told.clone());
    let server = Script::says(told).expecting(said).reading(Pace::slow(3_000, 2));
    let (phone, plain) = converse(app, server, Weather::rough(20));
    assert!(phone.apps[0].is_complete(), "{:?}", phone.apps[0]);
    assert!(phone.apps[0].speaker.heard_all() && plain.speaker.heard_all());
    assert!(phone.is_quiet());
}

#[test]
fn echo_says_back_what_it_hears() {
    let said = Text::seeded(3, 50_000);
    let (phone, plain) = converse(
        Script::says(said.clone()).expecting(said),
        Script::echo(),
        Weather::FAIR,
    );
    assert!(phone.apps[0].speaker.heard_all(), "{:?}", phone.apps[0]);
    assert_eq!(plain.speaker.heard, 50_000);
}

#[test]
fn reset_is_heard_at_the_other_end() {
    let server = Script::listens().ending(Ending::ResetAfterHeard(1_000));
    let (phone, plain) = converse(Script::says(Text::seeded(4, 5_000)), server, Weather::FAIR);
    assert!(phone.apps[0].speaker.reset && !phone.apps[0].is_complete());
    assert_eq!(plain.speaker.heard, 1_000);
}

#[test]
fn wrong_byte_is_noticed() {
    let server = Script::listens().expecting(Text::seeded(5, 5_000).after(b"x"));
    let (_, plain) = converse(
        Script::says(Text::seeded(5, 5_000).after(b"y")),
        server,
        Weather::FAIR,
    );
    assert_eq!(plain.speaker.wrong_at, Some(0));
    assert!(!plain.speaker.heard_all());
}

#[test]
fn segment_reads_back_what_it_emits() {
    for local in [SocketAddr::new(PHONE_V4, 1), SocketAddr::new(PHONE_V6, 1)] {
        let remote = if local.is_ipv4() {
            SERVER
        } else {
            "[2001:db8::1]:443".parse().unwrap()
        };
        let mut segment = Segment::new(local, remote, crate::packet::SYN, 0xffff_fff0, 0);
        segment.mss = Some(1460);
        segment.scale = Some(7);
        segment.sack_permitted = true;
        assert_eq!(Packet::parse(&segment.emit()), Ok(Packet::Tcp(segment.clone())));
        segment.sack = vec![(1, 2), (3, 4)];
        segment.payload = b"odd".to_vec();
        assert_eq!(Packet::parse(&segment.emit()), Ok(Packet::Tcp(segment)));
    }
}

#[test]
fn dns_message_reads_back_what_it_emits() {
    let question = names::question(77, "WWW.example", names::A);
    let ip = IpAddr::from([1, 2, 3, 4]);
    let records = [
        names::Record::alias("www.example", "cdn.example"),
        names::Record::address("cdn.example", ip),
    ];
    let message = Message::parse(&names::answer(&question, 0, &records)).unwrap();
    assert_eq!(
        (message.id, message.name.as_str(), message.record_type),
        (77, "WWW.example", names::A)
    );
    assert_eq!(message.answers, records);
}
