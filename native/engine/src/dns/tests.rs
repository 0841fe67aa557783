use blocklist::{AppId, Preset, RulesBuilder};
use wire::dns::Answer;
use wire::ip::IpHeader;
use wire::udp::UdpHeader;

use super::*;
use crate::memory::Vouch;
use crate::output::VerdictEvent;

const A: u16 = 1;
const CNAME: u16 = 5;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const HTTPS: u16 = 65;

/// The service with all that it borrows.
struct Bench {
    config: Config,
    dns: Dns,
    rules: Rules,
    memory: Memory,
    upstream: Upstream,
    outbox: Outbox,
    stats: Stats,
    storms: Storms,
    now: Timestamp,
}

/// What came out of one input.
#[derive(Debug, Default)]
struct Out {
    asks: Vec<(AskId, Vec<u8>, bool)>,
    /// Destination of the packet, and the message in it.
    datagrams: Vec<(SocketAddr, Vec<u8>)>,
    tcp: Vec<(FlowId, Vec<u8>)>,
    verdicts: Vec<VerdictEvent>,
}

impl Bench {
    fn new(rules: RulesBuilder) -> Self {
        let resolvers = vec!["192.0.2.53:53".parse().unwrap()];
        Self {
            config: Config::default(),
            dns: Dns::new(1),
            rules: rules.build(),
            memory: Memory::default(),
            upstream: Upstream {
                resolvers,
                ..Upstream::default()
            },
            outbox: Outbox::default(),
            stats: Stats::default(),
            storms: Storms::default(),
            now: Timestamp::from_micros(1_000_000),
        }
    }

    fn drive(&mut self, input: impl FnOnce(&mut Dns, &mut Context<'_>)) -> Out {
        let mut cx = Context {
            config: &self.config,
            rules: &self.rules,
            memory: &mut self.memory,
            upstream: &self.upstream,
            outbox: &mut self.outbox,
            stats: &mut self.stats,
            storms: &mut self.storms,
            now: self.now,
        };
        input(&mut self.dns, &mut cx);
        let mut out = Out::default();
        while let Some(command) = self.outbox.pop() {
            match command {
                Command::Ask { ask, message, tcp } => out.asks.push((ask, message, tcp)),
                Command::Event(Event::Verdict(verdict)) => out.verdicts.push(verdict),
                Command::WriteTun(packet) => {
                    let ip = IpHeader::parse(&packet).unwrap();
                    let udp = UdpHeader::parse(&packet[ip.payload.clone()]).unwrap();
                    assert_eq!(udp.src_port, 53);
                    let message = packet[ip.payload][udp.payload].to_vec();
                    out.datagrams
                        .push((SocketAddr::new(ip.dst, udp.dst_port), message));
                }
                other => panic!("the service never says {other:?}"),
            }
        }
        while let Some(reply) = self.dns.poll_tcp_reply() {
            out.tcp.push(reply);
        }
        out
    }

    fn ask(&mut self, asker: Asker, message: &[u8]) -> Out {
        self.drive(|dns, cx| dns.handle_question(asker, message, cx))
    }

    fn answer(&mut self, ask: AskId, message: &[u8]) -> Out {
        self.drive(|dns, cx| dns.handle_answer(ask, message, cx))
    }

    /// Asks for a name that goes upstream, and answers it with `records`.
    fn resolve(&mut self, name: &str, record_type: u16, records: &[Record<'_>]) -> Out {
        let message = question(7, name, record_type);
        let out = self.ask(udp(1), &message);
        assert!(
            out.datagrams.is_empty() && out.verdicts.is_empty(),
            "judged when answered"
        );
        self.answer(out.asks[0].0, &response(&message, records))
    }
}

fn rules() -> RulesBuilder {
    let list = "tracker.example\n||ads.example^\n";
    RulesBuilder::new(Preset::None)
        .list("test", list)
        .unwrap()
        .allow("wanted.example")
        .unwrap()
}

fn udp(n: u16) -> Asker {
    Asker::Udp {
        app: SocketAddr::from(([10, 0, 0, 2], 40_000 + n)),
        server: SocketAddr::from(([10, 0, 0, 1], 53)),
    }
}

fn tcp(index: u32) -> Asker {
    Asker::Tcp {
        flow: FlowId { index, generation: 0 },
        app: SocketAddr::from(([10, 0, 0, 2], 50_000)),
        server: SocketAddr::from(([10, 0, 0, 1], 53)),
    }
}

fn encode(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn question(id: u16, name: &str, record_type: u16) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&encode(name));
    bytes.extend_from_slice(&record_type.to_be_bytes());
    bytes.extend_from_slice(&[0, 1]);
    bytes
}

fn with_edns(mut message: Vec<u8>, payload: u16) -> Vec<u8> {
    message[11] += 1;
    message.extend_from_slice(&[0, 0, 41]);
    message.extend_from_slice(&payload.to_be_bytes());
    message.extend_from_slice(&[0; 6]);
    message
}

/// Owner, type, data.
type Record<'a> = (&'a str, u16, Vec<u8>);

fn response(question: &[u8], records: &[Record<'_>]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|&byte| byte == 0).unwrap() + 5;
    let mut bytes = question[..end].to_vec();
    bytes[2] |= 0x80;
    bytes[3] |= 0x80;
    bytes[7] = records.len() as u8;
    bytes[11] = 0;
    for (owner, record_type, data) in records {
        bytes.extend_from_slice(&encode(owner));
        bytes.extend_from_slice(&record_type.to_be_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 1, 44]);
        bytes.extend_from_slice(&(data.len() as u16).to_be_bytes());
        bytes.extend_from_slice(data);
    }
    bytes
}

fn a(owner: &str, last: u8) -> Record<'_> {
    (owner, A, vec![203, 0, 113, last])
}

fn cname<'a>(owner: &'a str, to: &str) -> Record<'a> {
    (owner, CNAME, encode(to))
}

fn https<'a>(owner: &'a str, to: &str, hint: u8) -> Record<'a> {
    let mut data = vec![0, 1];
    data.extend_from_slice(&encode(to));
    data.extend_from_slice(&[0, 4, 0, 4, 203, 0, 113, hint]);
    (owner, HTTPS, data)
}

fn rcode(message: &[u8]) -> u8 {
    message[3] & 0x0f
}

fn is_zero_address(message: &[u8]) -> bool {
    let answer = Answer::parse(message).unwrap();
    answer.addresses.len() == 1 && answer.addresses[0].ip.is_unspecified()
}

fn ip(last: u8) -> std::net::IpAddr {
    [203, 0, 113, last].into()
}

#[test]
fn blocked_name_is_answered_with_zero_address_and_never_leaves() {
    let mut bench = Bench::new(rules());
    for (record_type, zero) in [(A, true), (AAAA, true), (HTTPS, false), (TXT, false)] {
        let out = bench.ask(udp(1), &question(7, "x.ADS.example", record_type));
        assert!(out.asks.is_empty());
        let [(to, message)] = &out.datagrams[..] else {
            panic!("one reply")
        };
        assert_eq!(*to, udp(1).endpoints().0);
        assert_eq!((message[..2].to_vec(), rcode(message)), (vec![0, 7], 0));
        assert!(dns::matches_question(
            message,
            &question(7, "x.ADS.example", record_type)[12..]
        ));
        assert_eq!(Answer::parse(message).unwrap().addresses.len(), usize::from(zero));
        assert_eq!(message[9], u8::from(!zero), "an SOA in the authority section");
        let [verdict] = &out.verdicts[..] else {
            panic!("one verdict")
        };
        assert_eq!(
            (verdict.action, verdict.transport),
            (Action::Block, Transport::Dns)
        );
        assert_eq!(
            (verdict.reason.seen, verdict.record_type),
            (Seen::Query, Some(record_type))
        );
        assert_eq!(verdict.reason.name, Some(Name::from_text("x.ads.example")));
        assert!(matches!(verdict.reason.because, Because::List(_)));
    }
    assert_eq!(
        (bench.stats.questions, bench.stats.blocked, bench.stats.allowed),
        (4, 4, 0)
    );
}

#[test]
fn allowed_answer_arrives_byte_for_byte_but_for_id_and_case() {
    let mut bench = Bench::new(rules());
    let message = with_edns(question(0xbeef, "wWw.eXample.org", A), 1232);
    let out = bench.ask(udp(1), &message);
    let [(ask, asked, false)] = &out.asks[..] else {
        panic!("one ask over UDP")
    };
    assert_eq!(*asked, message);
    let records = [
        cname("www.example.org", "edge.example.net"),
        a("edge.example.net", 5),
    ];
    let answer = response(&question(0x1111, "WWW.EXAMPLE.ORG", A), &records);
    let out = bench.answer(*ask, &answer);
    let [(_, delivered)] = &out.datagrams[..] else {
        panic!("one answer")
    };
    assert_eq!(
        *delivered,
        response(&question(0xbeef, "wWw.eXample.org", A), &records)
    );
    assert_eq!(out.verdicts.len(), 1);
    assert_eq!(out.verdicts[0].action, Action::Allow);
    assert_eq!(bench.memory.vouch(ip(5), bench.now), Vouch::Allowed);
    assert_eq!(
        bench.memory.name(ip(5), bench.now),
        Some(Name::from_text("www.example.org"))
    );
    assert!(
        bench.answer(*ask, &answer).datagrams.is_empty(),
        "a second answer finds nobody"
    );
}

#[test]
fn equal_questions_in_flight_share_one_ask_and_each_gets_his_own_id_and_case() {
    let mut bench = Bench::new(rules());
    let ask = bench.ask(udp(1), &question(1, "www.example.org", A)).asks[0].0;
    assert!(
        bench
            .ask(udp(2), &question(2, "WWW.example.ORG", A))
            .asks
            .is_empty()
    );
    assert!(
        bench
            .ask(udp(2), &question(2, "WWW.example.ORG", A))
            .asks
            .is_empty(),
        "repeated by the app"
    );
    // What differs in type, EDNS, flags or transport is asked on its own.
    assert_eq!(
        bench
            .ask(udp(3), &question(3, "www.example.org", AAAA))
            .asks
            .len(),
        1
    );
    assert_eq!(
        bench
            .ask(udp(4), &with_edns(question(4, "www.example.org", A), 1232))
            .asks
            .len(),
        1
    );
    let mut checking_disabled = question(5, "www.example.org", A);
    checking_disabled[3] |= 0x10;
    assert_eq!(bench.ask(udp(5), &checking_disabled).asks.len(), 1);
    assert!(bench.ask(tcp(6), &question(6, "www.example.org", A)).asks[0].2);
    let out = bench.answer(
        ask,
        &response(&question(9, "www.example.org", A), &[a("www.example.org", 1)]),
    );
    assert_eq!(out.datagrams.len(), 2);
    assert_eq!(out.verdicts.len(), 2);
    for (n, name) in [(1, "www.example.org"), (2, "WWW.example.ORG")] {
        let expected = response(&question(n, name, A), &[a("www.example.org", 1)]);
        assert!(out.datagrams.contains(&(udp(n).endpoints().0, expected)));
    }
    assert_eq!(
        bench.ask(udp(7), &question(7, "www.example.org", A)).asks.len(),
        1,
        "no longer in flight"
    );
}

#[test]
fn blocked_alias_blocks_the_answer() {
    let mut bench = Bench::new(rules());
    let records = [
        cname("shop.example.org", "metrics.tracker.example"),
        a("metrics.tracker.example", 9),
    ];
    let out = bench.resolve("shop.example.org", A, &records);
    assert!(is_zero_address(&out.datagrams[0].1));
    let [verdict] = &out.verdicts[..] else {
        panic!("one verdict")
    };
    assert_eq!(
        (verdict.action, verdict.reason.seen),
        (Action::Block, Seen::Cname)
    );
    assert_eq!(
        verdict.reason.name,
        Some(Name::from_text("metrics.tracker.example"))
    );
    assert_eq!(bench.memory.vouch(ip(9), bench.now), Vouch::Mixed);
}

#[test]
fn address_record_of_a_blocked_owner_blocks_the_answer() {
    let mut bench = Bench::new(rules());
    let out = bench.resolve(
        "shop.example.org",
        A,
        &[a("shop.example.org", 8), a("x.ads.example", 9)],
    );
    assert!(is_zero_address(&out.datagrams[0].1));
}

#[test]
fn blocked_service_target_blocks_the_answer_with_nodata() {
    let mut bench = Bench::new(rules());
    let out = bench.resolve(
        "shop.example.org",
        HTTPS,
        &[https("shop.example.org", "svc.ads.example", 9)],
    );
    let message = &out.datagrams[0].1;
    assert_eq!((rcode(message), message[7], message[9]), (0, 0, 1));
    assert_eq!(
        (out.verdicts[0].action, out.verdicts[0].reason.seen),
        (Action::Block, Seen::Target)
    );
}

#[test]
fn hints_of_an_allowed_service_are_remembered() {
    let mut bench = Bench::new(rules());
    let out = bench.resolve("shop.example.org", HTTPS, &[https("shop.example.org", "", 9)]);
    assert_eq!(out.verdicts[0].action, Action::Allow);
    assert_eq!(bench.memory.vouch(ip(9), bench.now), Vouch::Allowed);
}

#[test]
fn allow_of_the_owner_covers_aliases_and_is_remembered_with_them() {
    let mut bench = Bench::new(rules());
    let records = [
        cname("wanted.example", "edge.tracker.example"),
        a("edge.tracker.example", 9),
    ];
    let out = bench.resolve("wanted.example", A, &records);
    assert_eq!(out.verdicts[0].action, Action::Allow);
    assert!(matches!(out.verdicts[0].reason.because, Because::OwnerAllow(_)));
    let alias = Name::from_text("edge.tracker.example");
    let covering = bench.memory.covering(ip(9), Some(&alias), bench.now).unwrap();
    assert_eq!(covering.asked.as_str(), "wanted.example");
    assert_eq!(bench.memory.vouch(ip(9), bench.now), Vouch::Allowed);
}

#[test]
fn name_on_which_apps_differ_is_answered_for_all_with_short_ttls() {
    let differ = rules()
        .app_rule(AppId(10_001), "tracker.example", Action::Allow)
        .unwrap();
    let mut bench = Bench::new(differ);
    let out = bench.resolve("tracker.example", A, &[a("tracker.example", 9)]);
    let answer = Answer::parse(&out.datagrams[0].1).unwrap();
    assert_eq!((answer.addresses[0].ip, answer.addresses[0].ttl), (ip(9), 5));
    assert_eq!(out.verdicts[0].action, Action::Allow);
    assert_eq!(bench.memory.vouch(ip(9), bench.now), Vouch::Mixed);
    let records = [
        cname("shop.example.org", "tracker.example"),
        a("tracker.example", 10),
    ];
    let out = bench.resolve("shop.example.org", A, &records);
    assert_eq!(Answer::parse(&out.datagrams[0].1).unwrap().addresses[0].ttl, 5);
}

#[test]
fn long_answer_is_truncated_over_udp_and_whole_over_tcp() {
    let mut bench = Bench::new(rules());
    let records: Vec<_> = (0..40).map(|n| a("www.example.org", n)).collect();
    let out = bench.resolve("www.example.org", A, &records);
    let message = &out.datagrams[0].1;
    assert!(dns::is_truncated(message) && dns::answer_count(message) == 0);
    assert_eq!(
        bench.memory.vouch(ip(3), bench.now),
        Vouch::Allowed,
        "remembered all the same"
    );
    let asked = with_edns(question(1, "www.example.org", A), 4096);
    let ask = bench.ask(udp(1), &asked).asks[0].0;
    let long = response(&asked, &records);
    assert_eq!(bench.answer(ask, &long).datagrams[0].1, long);
    let asked = question(1, "www.example.org", A);
    let ask = bench.ask(tcp(4), &asked).asks[0].0;
    assert_eq!(
        bench.answer(ask, &long).tcp,
        [(
            FlowId {
                index: 4,
                generation: 0
            },
            long.clone()
        )]
    );
}

#[test]
fn family_without_a_route_is_answered_nodata() {
    let mut bench = Bench::new(rules());
    bench.upstream.ipv6 = false;
    let out = bench.ask(udp(1), &question(1, "www.example.org", AAAA));
    let message = &out.datagrams[0].1;
    assert_eq!(
        (rcode(message), message[7], message[9], out.asks.len()),
        (0, 0, 1, 0)
    );
    assert_eq!(
        bench.ask(udp(1), &question(1, "www.example.org", A)).asks.len(),
        1
    );
    bench.upstream = Upstream {
        ipv4: false,
        ipv6: true,
        ..bench.upstream.clone()
    };
    assert_eq!(
        bench.ask(udp(1), &question(2, "www.example.org", A)).asks.len(),
        0
    );
    assert_eq!(
        bench.ask(udp(1), &question(3, "ipv4only.arpa", AAAA)).asks.len(),
        1
    );
}

#[test]
fn without_any_route_the_resolver_is_asked() {
    let mut bench = Bench::new(rules());
    bench.upstream = Upstream {
        ipv4: false,
        ipv6: false,
        ..bench.upstream.clone()
    };
    assert_eq!(
        bench.ask(udp(1), &question(1, "www.example.org", A)).asks.len(),
        1
    );
    assert_eq!(
        bench
            .ask(udp(1), &question(2, "www.example.org", AAAA))
            .asks
            .len(),
        1
    );
}

#[test]
fn nat64_discovery_is_never_blocked() {
    let mut bench = Bench::new(rules().block("arpa").unwrap());
    assert_eq!(bench.ask(udp(1), &question(1, "other.arpa", A)).asks.len(), 0);
    let out = bench.resolve(
        "ipv4only.arpa",
        A,
        &[cname("ipv4only.arpa", "x.ads.example"), a("x.ads.example", 1)],
    );
    assert_eq!(out.verdicts[0].action, Action::Allow);
}

#[test]
fn without_resolvers_and_without_an_answer_there_is_servfail() {
    let mut bench = Bench::new(rules());
    let ask = bench.ask(udp(1), &question(1, "www.example.org", A)).asks[0].0;
    let out = bench.drive(|dns, cx| dns.handle_ask_failed(ask, cx));
    assert_eq!((rcode(&out.datagrams[0].1), out.verdicts.len()), (2, 1));
    bench.upstream.resolvers.clear();
    let out = bench.ask(tcp(1), &question(1, "www.example.org", A));
    assert_eq!((rcode(&out.tcp[0].1), out.asks.len()), (2, 0));
    assert!(is_zero_address(
        &bench.ask(udp(1), &question(1, "x.ads.example", A)).datagrams[0].1
    ));
}

#[test]
fn what_is_no_question_gets_formerr_notimp_or_silence() {
    let mut bench = Bench::new(rules());
    let good = question(1, "www.example.org", A);
    let out = bench.ask(udp(1), &good[..good.len() - 1]);
    assert_eq!((rcode(&out.datagrams[0].1), out.datagrams[0].1.len()), (1, 12));
    let mut two = good.clone();
    two[5] = 2;
    assert_eq!(rcode(&bench.ask(udp(1), &two).datagrams[0].1), 1);
    let mut update = good.clone();
    update[2] |= 0x28;
    assert_eq!(rcode(&bench.ask(udp(1), &update).datagrams[0].1), 4);
    let mut response = good.clone();
    response[2] |= 0x80;
    assert!(bench.ask(udp(1), &response).datagrams.is_empty());
    assert!(bench.ask(udp(1), &good[..5]).datagrams.is_empty());
    assert_eq!(bench.stats.discarded[Discard::MalformedDns as usize], 5);
}

#[test]
fn answer_that_cannot_be_judged_is_servfail_and_cut_off_is_truncated() {
    let mut bench = Bench::new(rules());
    let asked = question(1, "www.example.org", A);
    let whole = response(&asked, &[a("www.example.org", 1), a("www.example.org", 2)]);
    for len in 0..whole.len() {
        for truncated in [false, true] {
            let mut cut = whole[..len].to_vec();
            if truncated && len > 2 {
                cut[2] |= 2;
            }
            let ask = bench.ask(udp(1), &asked).asks[0].0;
            let out = bench.answer(ask, &cut);
            let [(_, message)] = &out.datagrams[..] else {
                panic!("one reply at {len}")
            };
            let readable = len >= asked.len();
            let expected = if truncated && readable { 0 } else { 2 };
            assert_eq!(
                (rcode(message), dns::answer_count(message)),
                (expected, 0),
                "cut at {len}"
            );
            assert_eq!(dns::is_truncated(message), truncated && readable);
        }
    }
    assert_eq!(bench.memory.vouch(ip(1), bench.now), Vouch::Unknown);
}

#[test]
fn answer_with_any_bit_flipped_never_lets_a_blocked_alias_through() {
    let mut bench = Bench::new(rules());
    let asked = question(1, "www.example.org", A);
    let good = response(
        &asked,
        &[cname("www.example.org", "x.ads.example"), a("x.ads.example", 1)],
    );
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let ask = bench.ask(udp(1), &asked).asks[0].0;
        let out = bench.answer(ask, &bad);
        let message = &out.datagrams[0].1;
        let delivered = message[2..] == bad[2..];
        let harmless = Answer::parse(&bad).is_ok_and(|answer| {
            answer
                .aliases
                .iter()
                .all(|alias| !bench.rules.verdict(alias.to.as_str(), None).is_block())
                && answer
                    .addresses
                    .iter()
                    .all(|address| !bench.rules.verdict(address.name.as_str(), None).is_block())
        });
        assert!(!delivered || harmless, "bit {bit}");
    }
}

#[test]
fn answer_to_another_question_is_servfail() {
    let mut bench = Bench::new(rules());
    let ask = bench.ask(udp(1), &question(1, "www.example.org", A)).asks[0].0;
    let other = question(1, "www.example.net", A);
    let out = bench.answer(ask, &response(&other, &[a("www.example.net", 1)]));
    assert_eq!(rcode(&out.datagrams[0].1), 2);
}

#[test]
fn open_questions_are_bounded_and_the_oldest_fails() {
    let mut bench = Bench::new(rules());
    let ask = |bench: &mut Bench, n: u16| bench.ask(udp(n), &question(n, &format!("n{n}.example.org"), A));
    for n in 0..1_024 {
        assert!(ask(&mut bench, n).datagrams.is_empty());
    }
    let out = ask(&mut bench, 1_024);
    assert_eq!(out.asks.len(), 1);
    let [(to, message)] = &out.datagrams[..] else {
        panic!("the oldest fails")
    };
    assert_eq!((*to, rcode(message)), (udp(0).endpoints().0, 2));
}

#[test]
fn askers_of_one_question_are_bounded_too() {
    let mut bench = Bench::new(rules());
    let (mut asks, mut failed) = (0, 0);
    for n in 0..5_000 {
        let out = bench.ask(udp(n), &question(n, "www.example.org", A));
        asks += out.asks.len();
        failed += out
            .datagrams
            .iter()
            .filter(|(_, message)| rcode(message) == 2)
            .count();
    }
    assert_eq!(asks, 5_000_usize.div_ceil(64));
    assert!(5_000 - failed <= 1_024);
}

#[test]
fn question_that_waited_too_long_is_forgotten() {
    let mut bench = Bench::new(rules());
    assert_eq!(bench.dns.poll_timeout(), None);
    let asked = question(1, "www.example.org", A);
    let ask = bench.ask(udp(1), &asked).asks[0].0;
    let due = bench.dns.poll_timeout().unwrap();
    assert_eq!(due, bench.now + QUESTION_LIFETIME);
    bench.dns.handle_timeout(bench.now);
    assert_eq!(bench.dns.poll_timeout(), Some(due));
    bench.dns.handle_timeout(due);
    assert_eq!(bench.dns.poll_timeout(), None);
    assert!(bench.answer(ask, &response(&asked, &[])).datagrams.is_empty());
    assert_eq!(bench.ask(udp(1), &asked).asks.len(), 1);
}

#[test]
fn reset_fails_open_questions_and_forgets_addresses() {
    let mut bench = Bench::new(rules());
    bench.resolve("www.example.org", A, &[a("www.example.org", 1)]);
    let ask = bench.ask(udp(1), &question(1, "www.example.org", A)).asks[0].0;
    let out = bench.drive(|dns, cx| dns.reset(cx));
    assert_eq!(rcode(&out.datagrams[0].1), 2);
    assert_eq!(bench.memory.vouch(ip(1), bench.now), Vouch::Unknown);
    let answer = response(&question(1, "www.example.org", A), &[a("www.example.org", 1)]);
    assert!(bench.answer(ask, &answer).datagrams.is_empty());
}

#[test]
fn ipv6_asker_is_answered_over_ipv6() {
    let mut bench = Bench::new(rules());
    let asker = Asker::Udp {
        app: "[fd00::2]:4000".parse().unwrap(),
        server: "[fd00::1]:53".parse().unwrap(),
    };
    let out = bench.ask(asker, &question(1, "x.ads.example", A));
    assert_eq!(out.datagrams[0].0, asker.endpoints().0);
    assert!(is_zero_address(&out.datagrams[0].1));
}

/// An HTTPS record with an ECH configuration of 40 bytes.
fn https_with_ech(owner: &str) -> Record<'_> {
    let config = b"\0\x22\xfe\x0d\0\x1e\x07\0\x20\0\x02kk\0\x04\0\x01\0\x01\0\x0dfront.example\0\0";
    let data = [&b"\0\x01\0\0\x01\0\x03\x02h2\0\x05\0\x24"[..], config].concat();
    (owner, HTTPS, data)
}

#[test]
fn ech_keys_are_taken_out_unless_they_are_to_stay_or_nobody_reads_names() {
    for (ech, depth, is_kept) in [
        (EchParameters::TakeOut, Depth::Full, false),
        (EchParameters::Keep, Depth::Full, true),
        (EchParameters::TakeOut, Depth::Dns, true),
    ] {
        for asker in [udp(1), tcp(1)] {
            let mut bench = Bench::new(rules());
            bench.config = Config {
                ech,
                depth,
                ..Config::default()
            };
            let message = question(7, "a.example", HTTPS);
            let records = [cname("a.example", "b.example"), https_with_ech("b.example")];
            let answer = response(&message, &records);
            let asks = bench.ask(asker, &message).asks;
            let out = bench.answer(asks[0].0, &answer);
            let udp = out.datagrams.iter().map(|(_, message)| message);
            let delivered: Vec<_> = udp.chain(out.tcp.iter().map(|(_, message)| message)).collect();
            let [delivered] = delivered[..] else {
                panic!("one answer")
            };
            if is_kept {
                assert_eq!(*delivered, answer);
            } else {
                assert_eq!(delivered.len(), answer.len() - 40);
                assert_eq!(Answer::parse(delivered).unwrap().ech, []);
            }
            let name = Name::from_text("front.example");
            let told = bench
                .memory
                .ech
                .classify(Some(&name), wire::EchExtension::Other, bench.now);
            assert_eq!(told, crate::Ech::Real, "remembered all the same");
        }
    }
}

#[test]
fn an_answer_whose_ech_keys_cannot_be_taken_out_does_not_reach_the_app() {
    let mut bench = Bench::new(rules());
    let message = question(7, "a.example", HTTPS);
    let mut answer = response(&message, &[https_with_ech("a.example")]);
    // Another record is announced in the authority section, and is not there.
    answer[9] = 1;
    let asks = bench.ask(udp(1), &message).asks;
    let out = bench.answer(asks[0].0, &answer);
    assert_eq!(rcode(&out.datagrams[0].1), 2);
}

#[test]
fn where_apps_differ_the_short_lived_answer_has_no_ech_keys_either() {
    let mut bench = Bench::new(rules().app_rule(AppId(1), "a.example", Action::Block).unwrap());
    let out = bench.resolve("a.example", HTTPS, &[https_with_ech("a.example")]);
    let delivered = &out.datagrams[0].1;
    assert_eq!(Answer::parse(delivered).unwrap().ech, []);
}

#[test]
fn an_answer_to_a_question_for_everything_is_judged_by_each_of_its_names() {
    const ANY: u16 = 255;
    for (records, refused) in [
        (vec![a("a.example", 1), https("a.example", "b.example", 2)], false),
        (
            vec![a("a.example", 1), https("a.example", "tracker.example", 2)],
            true,
        ),
        (vec![a("a.example", 1), cname("a.example", "x.ads.example")], true),
        (vec![a("tracker.example", 1)], true),
    ] {
        let mut bench = Bench::new(rules());
        let out = bench.resolve("a.example", ANY, &records);
        let delivered = Answer::parse(&out.datagrams[0].1).unwrap();
        assert_eq!(delivered.addresses.is_empty(), refused);
        assert_eq!(out.verdicts[0].action == Action::Block, refused);
        let vouches = bench.memory.vouch(ip(1), bench.now) == Vouch::Allowed;
        assert_eq!(vouches, !refused);
    }
}
