//! Datagrams whose app decides.

use blocklist::AppId;

use super::quic::{APP, SERVER, one, two};
use super::*;
use crate::OwnerQuestion;

const ADS: AppId = AppId(10_077);
const OTHER: AppId = AppId(10_078);
const SHOP: &str = "shop.example.com";
const PAGE: &str = "page.example.com";
/// An address with a rule for an app.
const TRACKER: &str = "192.0.2.66:9999";

/// `ADS` may not use the shop and the tracker; nobody may use the casino but `ADS`.
fn bench() -> Bench {
    let mut bench = Bench::blocking(&[]);
    let rules = RulesBuilder::new(Preset::None)
        .app_rule(ADS, SHOP, Action::Block)
        .and_then(|rules| rules.app_rule(ADS, "192.0.2.66", Action::Block))
        .and_then(|rules| rules.app_rule(ADS, "casino.example", Action::Allow))
        .and_then(|rules| rules.block("casino.example"));
    bench.world.rules = rules.unwrap().build();
    bench
}

impl Bench {
    fn answer(&mut self, question: OwnerQuestion, owner: Option<AppId>) {
        let OwnerQuestion::Datagrams(wait) = question else {
            panic!("{question:?}")
        };
        self.udp.handle_owner(wait, owner, &mut self.world.cx());
    }

    /// The question that comes next; nothing else does.
    fn is_asked(&mut self, app: &str, remote: &str) -> OwnerQuestion {
        let (question, local, far) = self.world.asked();
        assert_eq!((local, far), (at(app), at(remote)));
        self.world.assert_quiet();
        question
    }

    fn told(&mut self) -> (Action, Option<AppId>, u8) {
        match self.world.pop() {
            Some(Command::Event(crate::Event::Verdict(event))) => {
                (event.action, event.owner, event.reason.because.precedence())
            }
            other => panic!("{other:?} instead of a verdict"),
        }
    }

    fn wait_for_nothing(&mut self, millis: u64) {
        self.world.now = self.world.now + Duration::from_millis(millis);
        self.timeout();
    }
}

#[test]
fn datagrams_to_an_address_with_a_rule_for_an_app_wait_and_go_on_in_order_or_are_refused() {
    for (owner, told) in [
        (Some(ADS), (Action::Block, Some(ADS), 1)),
        (Some(OTHER), (Action::Allow, Some(OTHER), 7)),
        (None, (Action::Allow, None, 7)),
    ] {
        let mut bench = bench();
        bench.send(at(APP), at(TRACKER), b"one");
        let question = bench.is_asked(APP, TRACKER);
        bench.send(at(APP), at(TRACKER), b"two");
        bench.world.assert_quiet();
        bench.answer(question, owner);
        assert_eq!(bench.told(), told);
        for payload in [&b"one"[..], b"two"] {
            match told.0 {
                Action::Allow => assert_eq!(bench.sent().2, payload),
                Action::Block => assert_eq!(bench.world.error().0, 3),
            }
        }
        // Nobody is asked again.
        bench.send(at(APP), at(TRACKER), b"three");
        match told.0 {
            Action::Allow => assert_eq!(bench.sent().2, b"three"),
            Action::Block => assert_eq!(bench.world.error().0, 3),
        }
        bench.world.assert_quiet();
    }
}

#[test]
fn nobody_is_asked_where_no_app_has_a_rule() {
    let mut bench = bench();
    bench.open(at(APP), at("192.0.2.7:9999"));
    bench.send(at(APP), at(SERVER), &one(7, PAGE));
    assert_eq!(bench.told(), (Action::Allow, None, 7));
    bench.sent();
    bench.world.assert_quiet();
}

#[test]
fn after_50_ms_the_rule_for_all_decides_and_a_late_answer_changes_nothing() {
    let mut bench = bench();
    bench.send(at(APP), at(TRACKER), b"one");
    let question = bench.is_asked(APP, TRACKER);
    bench.wait_for_nothing(49);
    bench.world.assert_quiet();
    assert_eq!(
        bench.udp.poll_timeout(),
        Some(bench.world.now + Duration::from_millis(1))
    );
    bench.wait_for_nothing(1);
    assert_eq!(bench.told(), (Action::Allow, None, 7));
    assert_eq!(bench.sent().2, b"one");
    bench.answer(question, Some(ADS));
    bench.world.assert_quiet();
}

#[test]
fn name_of_a_quic_connection_decides_for_its_app() {
    for (host, owner, told) in [
        (SHOP, Some(ADS), (Action::Block, Some(ADS), 1)),
        (SHOP, Some(OTHER), (Action::Allow, Some(OTHER), 7)),
        (SHOP, None, (Action::Allow, None, 7)),
        ("casino.example", Some(ADS), (Action::Allow, Some(ADS), 1)),
        ("casino.example", Some(OTHER), (Action::Block, Some(OTHER), 3)),
        ("casino.example", None, (Action::Block, None, 3)),
    ] {
        let mut bench = bench();
        let flight = two(7, host);
        bench.send(at(APP), at(SERVER), &flight[0]);
        bench.world.assert_quiet();
        bench.send(at(APP), at(SERVER), &flight[1]);
        let question = bench.is_asked(APP, SERVER);
        bench.send(at(APP), at(SERVER), b"\xe0early");
        bench.world.assert_quiet();
        bench.answer(question, owner);
        assert_eq!(bench.told(), told, "{host}");
        if told.0 == Action::Allow {
            for payload in [&*flight[0], &*flight[1], b"\xe0early"] {
                assert!(bench.sent().2 == payload);
            }
        } else {
            // The close that a client believes and the error, for the flight and for what came behind it.
            for opens in [true, true, false] {
                if opens {
                    bench.world.packet();
                }
                assert_eq!(bench.world.error().0, 3);
            }
        }
        bench.world.assert_quiet();
        assert_eq!(bench.world.stats.blocked + bench.world.stats.allowed, 1);
    }
}

#[test]
fn a_five_tuple_whose_owner_is_known_is_not_asked_for_again() {
    let mut bench = bench();
    bench.send(at(APP), at(SERVER), &one(7, SHOP));
    let question = bench.is_asked(APP, SERVER);
    bench.answer(question, Some(OTHER));
    assert_eq!(bench.told().0, Action::Allow);
    bench.sent();
    bench.send(at(APP), at(SERVER), &one(8, "casino.example"));
    assert_eq!(bench.told(), (Action::Block, Some(OTHER), 3));
    // Another socket may be another app's.
    bench.world.packet();
    bench.world.error();
    bench.send(at("10.0.0.2:40001"), at(SERVER), &one(9, SHOP));
    bench.is_asked("10.0.0.2:40001", SERVER);
}

#[test]
fn address_that_was_answered_under_a_name_with_a_rule_for_an_app_asks_for_the_owner() {
    let unreadable = [&b"\xc0\x1a\x2a\x3a\x4a\x08hushwall"[..], &[0; 1_200]].concat();
    for payload in [&b"plain"[..], &unreadable] {
        for (owner, action) in [
            (Some(ADS), Action::Block),
            (Some(OTHER), Action::Allow),
            (None, Action::Allow),
        ] {
            let mut bench = bench();
            bench.world.answered(SHOP, at(SERVER));
            bench.send(at(APP), at(SERVER), payload);
            let question = bench.is_asked(APP, SERVER);
            bench.answer(question, owner);
            assert_eq!(bench.told().0, action);
        }
    }
}

#[test]
fn what_waits_is_bounded_and_never_overtaken() {
    let mut bench = bench();
    for number in 0..20_u8 {
        bench.send(at(APP), at(TRACKER), &[number; 100]);
    }
    let question = bench.is_asked(APP, TRACKER);
    assert_eq!(bench.world.discarded(Discard::TableFull), 12);
    bench.answer(question, None);
    bench.told();
    for number in 0..8 {
        assert_eq!(bench.sent().2, [number; 100]);
    }
    bench.world.assert_quiet();
    // What the network does not take is told so at once.
    bench.send(at("10.0.0.2:5"), at(TRACKER), &[0; 8_000]);
    bench.world.asked();
    assert_eq!(bench.world.error().0, 3);
}

#[test]
fn many_that_wait_are_bounded_and_the_first_goes_on_by_the_rule_for_all() {
    let mut bench = bench();
    for port in 1..=300 {
        bench.send(SocketAddr::new([10, 0, 0, 2].into(), port), at(TRACKER), b"one");
    }
    let (mut asked, mut told, mut sent) = (0, 0, 0);
    while let Some(command) = bench.world.pop() {
        match command {
            Command::WhoOwns { .. } => asked += 1,
            Command::Event(_) => told += 1,
            Command::SendDatagram { .. } => sent += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((asked, told, sent), (300, 44, 44));
}

#[test]
fn a_mapping_that_ends_takes_what_waits_with_it_and_new_rules_judge_it() {
    let mut bench = bench();
    bench.send(at(APP), at(TRACKER), b"one");
    let question = bench.is_asked(APP, TRACKER);
    bench.udp.reset(&mut bench.world.cx());
    bench.closed();
    assert_eq!(bench.udp.poll_timeout(), None);
    bench.answer(question, Some(OTHER));
    bench.world.assert_quiet();

    bench.send(at(APP), at(TRACKER), b"two");
    let question = bench.is_asked(APP, TRACKER);
    bench.world.rules = rules_blocking(&["192.0.2.66"]);
    bench.udp.judge_again(&mut bench.world.cx());
    bench.world.assert_quiet();
    bench.answer(question, Some(OTHER));
    assert_eq!(bench.told(), (Action::Block, Some(OTHER), 3));
}

#[test]
fn an_open_connection_is_judged_again_for_the_app_that_it_is_known_to_be_of() {
    let mut bench = bench();
    bench.send(at(APP), at(SERVER), &one(7, SHOP));
    let question = bench.is_asked(APP, SERVER);
    bench.answer(question, Some(OTHER));
    bench.told();
    bench.sent();
    let rules = RulesBuilder::new(Preset::None).app_rule(OTHER, SHOP, Action::Block);
    bench.world.rules = rules.unwrap().build();
    bench.udp.judge_again(&mut bench.world.cx());
    assert_eq!(bench.told(), (Action::Block, Some(OTHER), 1));
    bench.send(at(APP), at(SERVER), b"\x40short");
    assert_eq!(bench.world.error().0, 3);
}
