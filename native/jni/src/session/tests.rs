use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use std::time::Instant;

use blocklist::Action;
use engine::{Depth, EchParameters, Seen, Unread, Upstream};
use wire::tcp::{Flags, MAX_HEADER, Options, Segment, SeqNumber, TcpHeader};

use super::*;
use crate::event::{OutageCause, Verdict};
use crate::settings::{ListRole, OwnRule, PrivateDns};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

const APP: &str = "10.111.222.2:40000";
const RESOLVER: &str = "10.111.222.1:53";

/// A session on one end of a pair of datagram sockets, which is a TUN without a kernel behind it, and the apps' end.
struct Bench {
    session: Arc<Session>,
    apps: UnixDatagram,
}

fn settings() -> Settings {
    Settings {
        depth: Depth::Full,
        preset: blocklist::Preset::Balanced,
        features_off: vec![],
        mtu: 9000,
        segment_limit: 0,
        own_resolvers: vec![],
        rules: vec![rule("blocked.example", None)],
        lists: vec![],
        highest_list_version: 0,
        blocked_answer: 10,
        shared_answer: 5,
        quic_unread: Unread::Forward,
        ech: EchParameters::TakeOut,
        log: Log::All,
        knows_owners: true,
        asks_system: false,
        stamp: None,
    }
}

fn rule(name: &str, uid: Option<u32>) -> OwnRule {
    OwnRule {
        name: name.to_owned(),
        action: Action::Block,
        subdomains: true,
        uid,
    }
}

fn network() -> Network {
    Network {
        handle: 1,
        upstream: Upstream::default(),
        metered: false,
        private_dns: PrivateDns::Off,
        private_dns_host: None,
    }
}

fn pair() -> (OwnedFd, UnixDatagram) {
    let (engine, apps) = UnixDatagram::pair().unwrap();
    apps.set_read_timeout(Some(PATIENCE)).unwrap();
    (engine.into(), apps)
}

fn question(name: &str, id: u16) -> Vec<u8> {
    question_of(name, id, 1)
}

fn question_of(name: &str, id: u16, record_type: u8) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend(b"\x01\0\0\x01\0\0\0\0\0\0");
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, record_type, 0, 1]);
    datagram(RESOLVER.parse().unwrap(), &message)
}

fn datagram(to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; wire::udp::MAX_HEADER];
    let len = wire::udp::emit(&mut header, APP.parse().unwrap(), to, payload);
    [&header[..len], payload].concat()
}

/// The id of an answer, and whether its address is zero.
fn answer(packet: &[u8]) -> (u16, bool) {
    // IPv4 and UDP without options, then the message.
    let message = &packet[28..];
    (
        u16::from_be_bytes([message[0], message[1]]),
        message.ends_with(&[0; 4]),
    )
}

fn syn(to: SocketAddr) -> Vec<u8> {
    let mut header = [0; MAX_HEADER];
    let segment = Segment {
        src: APP.parse().unwrap(),
        dst: to,
        seq: SeqNumber(7),
        ack: SeqNumber(0),
        flags: Flags::SYN,
        window: 1000,
        options: &Options::default(),
    };
    let len = wire::tcp::emit(&mut header, &segment, &[]);
    header[..len].to_vec()
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let (fd, apps) = pair();
        Self {
            session: Arc::new(Session::start(fd, settings, &network()).unwrap()),
            apps,
        }
    }

    fn receive(&self) -> Vec<u8> {
        let mut packet = vec![0; 70_000];
        let len = self.apps.recv(&mut packet).unwrap();
        packet.truncate(len);
        packet
    }

    /// Asks for a blocked name until the session has answered.
    fn asks(&self, name: &str, id: u16) {
        self.apps.send(&question(name, id)).unwrap();
        assert_eq!(answer(&self.receive()), (id, true), "{name}");
    }

    /// The next event that `take` wants.
    fn wait<T>(&self, mut take: impl FnMut(&Event) -> Option<T>) -> T {
        let give_up = Instant::now() + PATIENCE;
        while Instant::now() < give_up {
            let events = self.session.next_events().expect("the session goes on");
            if let Some(found) = events.iter().find_map(&mut take) {
                return found;
            }
        }
        panic!("no such event came");
    }

    fn verdict(&self, name: &str) -> Verdict {
        self.wait(|event| match event {
            Event::Verdict(verdict) if verdict.name == name => Some(verdict.clone()),
            _ => None,
        })
    }
}

#[test]
fn blocked_question_is_answered_and_told_with_its_rule() {
    let bench = Bench::new(settings());
    bench.asks("deep.blocked.example", 7);
    let verdict = bench.verdict("deep.blocked.example");
    assert_eq!(
        (verdict.action, verdict.tier, verdict.record_type, verdict.port),
        (Action::Block, 3, 1, 53)
    );
    assert_eq!(
        (&*verdict.rule, &*verdict.list),
        ("blocked.example", "your own rules")
    );
    assert!(verdict.at.abs_diff(crate::clock::unix_millis()) < 60_000);
    let snapshot = bench.session.snapshot().unwrap();
    assert_eq!(snapshot.counters.engine.blocked, 1);
    assert!(snapshot.last_seen_app.abs_diff(crate::clock::unix_millis()) < 60_000);
    assert!(snapshot.rules > 100 && snapshot.list_version > 2_026_000_000);
}

#[test]
fn stop_closes_the_descriptor_and_tells_the_end_once() {
    let bench = Bench::new(settings());
    bench.asks("blocked.example", 7);
    bench.session.stop();
    bench.session.stop();
    let error = bench.apps.send(b"anybody?").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let mut told: Vec<Event> = std::iter::from_fn(|| bench.session.next_events())
        .flatten()
        .collect();
    assert_eq!(
        told.pop(),
        Some(Event::Ended {
            code: 0,
            text: String::new()
        })
    );
    assert!(matches!(bench.session.snapshot(), Err(BridgeError::Ended)));
    assert!(matches!(
        bench.session.replace_settings(settings()),
        Err(BridgeError::Ended)
    ));
}

#[test]
fn waiting_consumer_is_told_of_the_end() {
    let bench = Bench::new(settings());
    let session = Arc::clone(&bench.session);
    let consumer = thread::spawn(move || std::iter::from_fn(|| session.next_events()).flatten().last());
    bench.session.stop();
    assert!(matches!(
        consumer.join().unwrap(),
        Some(Event::Ended { code: 0, .. })
    ));
}

#[test]
fn panic_is_told_with_its_text_and_the_session_goes_on() {
    let bench = Bench::new(settings());
    bench.session.panic("index 7 out of bounds").unwrap();
    let (cause, text) = bench.wait(|event| match event {
        Event::Outage { cause, text, .. } => Some((*cause, text.clone())),
        _ => None,
    });
    assert_eq!((cause, &*text), (OutageCause::Rebuilt, "index 7 out of bounds"));
    bench.asks("blocked.example", 8);
    assert_eq!(bench.session.snapshot().unwrap().counters.tunnel.panics, 1);
}

#[test]
fn session_that_panics_without_end_is_over_and_says_why() {
    let bench = Bench::new(settings());
    while bench.session.panic("again").is_ok() {}
    let last = std::iter::from_fn(|| bench.session.next_events())
        .flatten()
        .last();
    assert!(matches!(
        last,
        Some(Event::Ended {
            code: code::PANIC,
            ..
        })
    ));
}

#[test]
fn descriptor_is_replaced_under_load_without_a_lost_packet() {
    let bench = Bench::new(settings());
    let (fd, next) = pair();
    let mut asked = 0_u16;
    // A queue of questions that nobody has read yet is in the old descriptor when the new one comes.
    let load = |apps: &UnixDatagram, asked: &mut u16| {
        for _ in 0..100 {
            apps.send(&question("blocked.example", *asked)).unwrap();
            *asked += 1;
        }
    };
    let mut answered = Vec::new();
    bench.apps.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::scope(|scope| {
        let receivers = [&bench.apps, &next].map(|apps| {
            scope.spawn(move || {
                let mut ids = Vec::new();
                let mut packet = [0; 2_000];
                apps.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
                while let Ok(len) = apps.recv(&mut packet) {
                    if len == 0 {
                        break;
                    }
                    ids.push(answer(&packet[..len]).0);
                }
                ids
            })
        });
        load(&bench.apps, &mut asked);
        bench.session.replace_descriptor(fd).unwrap();
        load(&next, &mut asked);
        for receiver in receivers {
            answered.extend(receiver.join().unwrap());
        }
    });
    answered.sort_unstable();
    assert_eq!(answered, (0..asked).collect::<Vec<_>>());
    let error = bench.apps.send(b"anybody?").unwrap_err();
    assert_eq!(
        error.kind(),
        io::ErrorKind::ConnectionRefused,
        "the old one is closed"
    );
}

#[test]
fn descriptor_that_is_no_device_is_closed_and_the_old_one_stays() {
    let bench = Bench::new(settings());
    let path = std::env::temp_dir().join(format!("hushwall-no-device-{}", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    let outcome = bench.session.replace_descriptor(file.into());
    assert!(matches!(outcome, Err(BridgeError::Descriptor(_))), "{outcome:?}");
    bench.asks("blocked.example", 9);
    let file = std::fs::File::open(&path).unwrap();
    let outcome = Session::start(file.into(), settings(), &network());
    assert!(matches!(outcome, Err(BridgeError::Descriptor(_))));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn settings_are_replaced_whole_or_not_at_all() {
    let bench = Bench::new(settings());
    bench
        .session
        .replace_settings(Settings {
            rules: vec![rule("other.example", None)],
            ..settings()
        })
        .unwrap();
    bench.asks("other.example", 1);
    let outcome = bench.session.replace_settings(Settings {
        rules: vec![rule("third.example", None), rule("not a name!", None)],
        ..settings()
    });
    assert_eq!(outcome.unwrap_err().code(), code::SETTING);
    bench.asks("other.example", 2);
}

#[test]
fn choices_are_replaced_with_the_settings_and_outlive_a_panic() {
    let far: SocketAddr = "192.0.2.7:443".parse().unwrap();
    let bench = Bench::new(Settings {
        knows_owners: false,
        ..settings()
    });
    let next = Settings {
        quic_unread: Unread::FallBack,
        features_off: vec![Rules::ENCRYPTED_DNS.to_owned()],
        knows_owners: false,
        ..settings()
    };
    bench.session.replace_settings(next).unwrap();
    // A version of QUIC that exists only to be refused (RFC 9000 section 15).
    let mut unreadable = b"\xc0\x1a\x2a\x3a\x4a\x08hushwall\0".to_vec();
    unreadable.resize(1_200, 0);
    for seen in [Seen::Unread, Seen::Address] {
        let (to, payload) = match seen {
            Seen::Unread => (far, &*unreadable),
            _ => (SocketAddr::new(far.ip(), 853), &b"DNS over QUIC"[..]),
        };
        for _ in 0..2 {
            bench.apps.send(&datagram(to, payload)).unwrap();
            let verdict = bench.wait(|event| match event {
                Event::Verdict(verdict) => Some(verdict.clone()),
                _ => None,
            });
            assert_eq!((verdict.action, verdict.seen), (Action::Block, seen));
            bench.session.panic("and again").unwrap();
        }
    }
}

#[test]
fn events_speak_of_the_rules_of_their_time() {
    let bench = Bench::new(settings());
    bench.asks("blocked.example", 1);
    let mut rules: Vec<OwnRule> = ["a.example", "b.example", "c.example"]
        .map(|name| rule(name, None))
        .into();
    rules.push(rule("blocked.example", None));
    let next = Settings { rules, ..settings() };
    bench.session.replace_settings(next).unwrap();
    bench.asks("b.example", 2);
    let told = Mutex::new(Vec::new());
    bench.wait(|event| {
        let Event::Verdict(verdict) = event else {
            return None;
        };
        lock(&told).push((verdict.name.clone(), verdict.rule.clone()));
        (verdict.name == "b.example").then_some(())
    });
    let same = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(*lock(&told), [same("blocked.example"), same("b.example")]);
}

#[test]
fn start_without_a_usable_rule_begins_and_tells() {
    let bench = Bench::new(Settings {
        rules: vec![rule("not a name!", None), rule("blocked.example", None)],
        features_off: vec!["no-such-switch".to_owned()],
        ..settings()
    });
    let mut told = Vec::new();
    bench.wait(|event| {
        if let Event::ListRefused { path, code, .. } = event {
            told.push((path.clone(), *code));
        }
        (told.len() == 2).then_some(())
    });
    told.sort();
    assert_eq!(
        told,
        [
            ("no-such-switch".to_owned(), code::SETTING),
            ("not a name!".to_owned(), code::SETTING)
        ]
    );
    bench.asks("blocked.example", 3);
}

#[test]
fn list_that_is_damaged_leaves_the_last_good_one_in_force() {
    let path = std::env::temp_dir().join(format!("hushwall-list-{}", std::process::id()));
    let file = ListFile {
        title: "mine".to_owned(),
        path: path.to_str().unwrap().to_owned(),
        role: ListRole::Block,
        manifest: None,
    };
    std::fs::write(&path, "0.0.0.0 listed.example\n").unwrap();
    let bench = Bench::new(Settings {
        lists: vec![file.clone()],
        ..settings()
    });
    bench.asks("listed.example", 1);
    assert_eq!(bench.verdict("listed.example").list, "mine");

    std::fs::write(&path, "HUSHLIST and then nothing").unwrap();
    bench.session.replace_lists(vec![file.clone()]).unwrap();
    let (path_told, code) = bench.wait(|event| match event {
        Event::ListRefused { path, code, .. } => Some((path.clone(), *code)),
        _ => None,
    });
    assert_eq!((path_told, code), (file.path.clone(), code::LIST_FORM));
    bench.asks("listed.example", 2);

    std::fs::remove_file(&path).unwrap();
    bench.session.replace_lists(vec![file]).unwrap();
    let code = bench.wait(|event| match event {
        Event::ListRefused { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(code, code::LIST_UNREADABLE);
    bench.asks("listed.example", 3);
}

#[test]
fn owner_is_asked_for_and_his_rule_decides() {
    let far: SocketAddr = "192.0.2.7:443".parse().unwrap();
    let bench = Bench::new(Settings {
        rules: vec![rule("192.0.2.7", Some(10_123))],
        ..settings()
    });
    bench.apps.send(&syn(far)).unwrap();
    let question = bench.wait(|event| match event {
        Event::WhoOwns {
            question,
            protocol,
            local,
            remote,
        } => {
            assert_eq!((*protocol, local.to_string(), *remote), (6, APP.to_owned(), far));
            Some(*question)
        }
        _ => None,
    });
    bench.session.answer_owner(question, Some(10_123)).unwrap();
    let verdict = bench.wait(|event| match event {
        Event::Verdict(verdict) => Some(verdict.clone()),
        _ => None,
    });
    // A slow machine may have taken more than the 50 ms that an answer has.
    if verdict.uid.is_some() {
        assert_eq!(
            (verdict.action, verdict.uid, verdict.tier),
            (Action::Block, Some(10_123), 1)
        );
        let packet = bench.receive();
        let reset = TcpHeader::parse(&packet[20..]).unwrap();
        assert!(reset.flags.contains(Flags::RST));
    }
}

#[test]
fn unknown_owner_means_the_rule_for_all() {
    let bench = Bench::new(Settings {
        rules: vec![rule("192.0.2.7", Some(10_123)), rule("192.0.2.0/24", None)],
        ..settings()
    });
    bench.apps.send(&syn("192.0.2.7:443".parse().unwrap())).unwrap();
    let verdict = bench.wait(|event| match event {
        Event::WhoOwns { question, .. } => {
            bench.session.answer_owner(*question, None).unwrap();
            None
        }
        Event::Verdict(verdict) => Some(verdict.clone()),
        _ => None,
    });
    assert_eq!(
        (verdict.action, verdict.uid, verdict.tier),
        (Action::Block, None, 3)
    );
}

#[test]
fn owner_of_a_datagram_is_asked_for_and_decides() {
    let far: SocketAddr = "192.0.2.7:9999".parse().unwrap();
    let bench = Bench::new(Settings {
        rules: vec![rule("192.0.2.7", Some(10_123)), rule("192.0.2.0/24", None)],
        ..settings()
    });
    bench.apps.send(&datagram(far, b"a report")).unwrap();
    let verdict = bench.wait(|event| match event {
        Event::WhoOwns {
            question,
            protocol,
            local,
            remote,
        } => {
            assert_eq!((*protocol, local.to_string(), *remote), (17, APP.to_owned(), far));
            bench.session.answer_owner(*question, Some(10_123)).unwrap();
            None
        }
        Event::Verdict(verdict) => Some(verdict.clone()),
        _ => None,
    });
    // A slow machine may have taken more than the 50 ms that an answer has: then it is the rule for all.
    let expected = verdict.uid.map_or(3, |_| 1);
    assert_eq!((verdict.action, verdict.tier), (Action::Block, expected));
}

/// A resolver that knows every name, and a network in which it is the only one.
fn resolver() -> (UdpSocket, Network) {
    let resolver = UdpSocket::bind("127.0.0.1:0").unwrap();
    resolver.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut network = network();
    network.upstream.resolvers = vec![resolver.local_addr().unwrap()];
    (resolver, network)
}

/// Answers one question with `192.0.2.9`.
fn answer_one(resolver: &UdpSocket) {
    let mut message = [0; 1_500];
    let (len, asker) = resolver.recv_from(&mut message).unwrap();
    let mut reply = message[..len].to_vec();
    reply[2..8].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1]);
    // As many records as the question's end leaves room for: none of the asker's own.
    reply[8..12].fill(0);
    let end = 12 + reply[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    reply.truncate(end);
    reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x09");
    resolver.send_to(&reply, asker).unwrap();
}

#[test]
fn where_the_system_cannot_be_asked_questions_go_through_sockets() {
    let (resolver, network) = resolver();
    let (fd, apps) = pair();
    let settings = Settings {
        asks_system: true,
        ..settings()
    };
    let _session = Session::start(fd, settings, &network).unwrap();
    apps.send(&question("page.example", 7)).unwrap();
    answer_one(&resolver);
    let mut packet = [0; 1_500];
    let len = apps.recv(&mut packet).unwrap();
    assert!(packet[..len].ends_with(&[192, 0, 2, 9]));
}

#[test]
fn another_network_is_asked_and_its_missing_family_is_answered_here() {
    const AAAA: u8 = 28;
    let bench = Bench::new(settings());
    let (resolver, mut next) = resolver();
    next.handle = 2;
    next.upstream.ipv6 = false;
    bench.session.network_changed(&next).unwrap();
    bench.apps.send(&question("page.example", 7)).unwrap();
    answer_one(&resolver);
    assert!(bench.receive().ends_with(&[192, 0, 2, 9]));
    bench.apps.send(&question_of("page.example", 8, AAAA)).unwrap();
    let message = &bench.receive()[28..];
    assert_eq!((message[1], message[3] & 0x0f, message[7]), (8, 0, 0), "NODATA");
}

#[test]
fn log_that_is_off_tells_nothing() {
    let bench = Bench::new(Settings {
        log: Log::Off,
        ..settings()
    });
    bench.asks("blocked.example", 1);
    bench.session.stop();
    let told: Vec<Event> = std::iter::from_fn(|| bench.session.next_events())
        .flatten()
        .collect();
    assert!(matches!(&*told, [Event::Ended { .. }]), "{told:?}");
}

#[test]
fn packets_cross_to_the_app_neither_one_by_one_nor_at_all() {
    const PACKETS: u64 = 20_000;
    let bench = Bench::new(Settings {
        rules: vec![rule("192.0.2.7", None), rule("blocked.example", None)],
        knows_owners: false,
        ..settings()
    });
    let session = Arc::clone(&bench.session);
    // What crosses, crosses in these calls.
    let consumer = thread::spawn(move || std::iter::from_fn(|| session.next_events()).collect::<Vec<_>>());
    bench.apps.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let report = datagram("192.0.2.7:9999".parse().unwrap(), b"a report");
    let passed = || {
        bench
            .session
            .snapshot()
            .map_or(0, |snapshot| snapshot.counters.engine.packets_in)
    };
    while passed() < PACKETS {
        while sent < PACKETS && bench.apps.send(&report).is_ok() {
            sent += 1;
        }
        while bench.apps.recv(&mut [0; 2_000]).is_ok() {}
    }
    bench.session.stop();
    let calls = consumer.join().unwrap();
    let [events @ .., end] = &*calls else {
        panic!("no call")
    };
    assert!(matches!(&**end, [Event::Ended { code: 0, .. }]), "{end:?}");
    let told: Vec<_> = events.iter().flatten().collect();
    assert!(
        matches!(&*told, [Event::Verdict(_)]),
        "{} events of one flow",
        told.len()
    );
}

#[test]
fn refusals_in_a_storm_are_told_as_one() {
    let bench = Bench::new(settings());
    for id in 0..60 {
        bench.asks("blocked.example", id);
    }
    let (name, count) = bench.wait(|event| match event {
        Event::Storm { name, count, .. } => Some((name.clone(), *count)),
        _ => None,
    });
    assert_eq!((&*name, count), ("blocked.example", 60));
}

#[test]
fn number_of_a_session_is_never_used_again() {
    use crate::registry;
    let (fd, _apps) = pair();
    let first = registry::insert(Session::start(fd, settings(), &network()).unwrap());
    registry::get(first).unwrap().snapshot().unwrap();
    registry::stop(first);
    registry::stop(first);
    assert!(matches!(registry::get(first), Err(BridgeError::Ended)));
    let told = registry::get_told(first).unwrap().next_events();
    assert!(matches!(&*told.unwrap(), [Event::Ended { code: 0, .. }]));
    assert_eq!(registry::get_told(first).unwrap().next_events(), None);
    registry::forget_told(first);
    assert!(registry::get_told(first).is_none());
    let (fd, _apps) = pair();
    let second = registry::insert(Session::start(fd, settings(), &network()).unwrap());
    assert!(second > first);
    registry::stop(second);
    for number in [0, 999_999, u64::MAX] {
        assert!(matches!(registry::get(number), Err(BridgeError::Ended)));
    }
}
