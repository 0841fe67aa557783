use blocklist::{Because, Preset, RuleId, RulesBuilder};

use super::*;
use crate::{Reason, Seen, Transport};

const A: u16 = 1;

fn query(name: &str) -> Query {
    let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, A as u8, 0, 1]);
    Query::parse(&message).unwrap()
}

fn blocked(reply: Option<RuleReply>) -> Verdict {
    Verdict {
        action: Action::Block,
        because: Because::List(RuleId(0)),
        reply,
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// Asks for a name every ten seconds for so many seconds; the last reply.
fn storm(storms: &mut Storms, name: &str, seconds: u64, verdict: Verdict) -> Reply {
    let (mut last, mut next) = (Reply::Refused, 1);
    while next < seconds {
        last = storms.reply(&query(name), verdict, &Config::default(), at(next));
        next += match last {
            Reply::ZeroAddress { ttl } | Reply::NoData { ttl } | Reply::NxDomain { ttl } => {
                u64::from(ttl.max(1))
            }
            _ => 1,
        };
    }
    last
}

fn event(owner: Option<u32>, name: Option<&str>, record_type: Option<u16>) -> VerdictEvent {
    VerdictEvent {
        at: at(1),
        transport: Transport::Tcp,
        action: Action::Block,
        reason: Reason {
            ech: None,
            because: Because::NoRule,
            seen: Seen::Query,
            name: name.map(Name::from_text),
        },
        app: "10.0.0.2:4711".parse().unwrap(),
        remote: "192.0.2.1:443".parse().unwrap(),
        owner: owner.map(AppId),
        record_type,
    }
}

#[test]
fn a_storm_makes_the_time_to_live_longer_and_its_own_reply_keeps_a_rule_as_it_is() {
    let mut storms = Storms::default();
    assert_eq!(
        storm(&mut storms, "log.example", 8 * 3_600, blocked(None)),
        Reply::ZeroAddress { ttl: 900 }
    );
    let own = RuleReply::NoData { ttl: 20 };
    assert_eq!(
        storm(&mut storms, "own.example", 8 * 3_600, blocked(Some(own))),
        Reply::NoData { ttl: 20 }
    );
    let most = storms.most(5);
    let counted: Vec<_> = most
        .iter()
        .map(|asked| (asked.what.as_str(), asked.questions, asked.sent))
        .collect();
    assert_eq!(counted[0], ("own.example", 1_440, 0));
    assert_eq!((counted[1].0, counted[1].2), ("log.example", 0));
    assert!(counted[1].1 < 70, "{counted:?}");
}

#[test]
fn an_answer_that_outlives_the_owners_allow_is_told_once() {
    let mut storms = Storms::default();
    storm(&mut storms, "log.example", 3_000, blocked(None));
    storms.reply(
        &query("calm.example"),
        blocked(None),
        &Config::default(),
        at(2_999),
    );
    let rules = |allowed: &str| {
        let builder = RulesBuilder::new(Preset::None).block("log.example").unwrap();
        builder.allow(allowed).unwrap().build()
    };
    assert_eq!(storms.rules_replaced(&rules("other.example"), at(3_000)), []);
    let told = storms.rules_replaced(&rules("log.example"), at(3_000));
    let [Event::Outstanding { name, left, .. }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(name.as_str(), "log.example");
    assert!(
        *left > Duration::from_secs(10) && *left <= Duration::from_secs(900),
        "{left:?}"
    );
    assert_eq!(storms.rules_replaced(&rules("log.example"), at(3_000)), []);
}

#[test]
fn an_answer_outlives_a_preset_a_switch_a_list_and_a_rule_for_an_app_as_well() {
    const DOT: &str = "unfiltered.adguard-dns.com";
    const TRACKER: &str = "tracking.intl.miui.com";
    let balanced = || RulesBuilder::new(Preset::Balanced);
    let listed = |text: &str| balanced().list("mine", text).unwrap();
    for (name, before, after) in [
        (TRACKER, balanced(), RulesBuilder::new(Preset::None)),
        (
            DOT,
            balanced().without_feature(Rules::ENCRYPTED_DNS).unwrap(),
            balanced(),
        ),
        ("log.example", listed("log.example"), listed("other.example")),
        (
            TRACKER,
            balanced(),
            balanced()
                .app_rule(AppId(10_001), TRACKER, Action::Allow)
                .unwrap(),
        ),
    ] {
        let before = before.build();
        let verdict = before.verdict(name, None);
        assert!(verdict.is_block(), "{name}");
        let mut storms = Storms::default();
        storm(&mut storms, name, 3_000, verdict);
        assert_eq!(storms.rules_replaced(&before, at(3_000)), []);
        let told = storms.rules_replaced(&after.build(), at(3_000));
        assert!(
            matches!(&*told, [Event::Outstanding { name: of, .. }] if of.as_str() == name),
            "{told:?}"
        );
    }
}

#[test]
fn questions_sent_flows_refused_and_their_apps_are_counted_beside() {
    let mut storms = Storms::default();
    storms.note_sent(&Name::from_text("log.example"));
    storms.reply(&query("log.example"), blocked(None), &Config::default(), at(1));
    storms.note_sent(&Name::from_text("log.example"));
    storms.count(&event(Some(10_001), Some("log.example"), Some(A)));
    storms.count(&event(Some(10_001), Some("log.example"), None));
    storms.count(&event(None, None, None));
    let most = storms.most(5);
    assert_eq!(most.len(), 2);
    assert_eq!(
        most[0],
        Asked {
            what: "log.example".to_owned(),
            questions: 1,
            sent: 1,
            refusals: 1,
            apps: vec![(AppId(10_001), 2)],
        }
    );
    assert_eq!((most[1].what.as_str(), most[1].refusals), ("192.0.2.1", 1));
}

#[test]
fn a_flow_that_is_tried_again_at_once_is_refused_in_the_way_that_slows_it_down() {
    let (mut storms, to) = (Storms::default(), "192.0.2.1".parse().unwrap());
    let mut now = at(1);
    let mut last = Refusal::Plain;
    while now < at(1_800) {
        last = storms.refusal(to, None, &Config::default(), now);
        // Where the network seems to be gone, the app waits for another.
        now = now + Duration::from_secs(if last == Refusal::Prohibited { 300 } else { 1 });
    }
    assert_eq!(last, Refusal::Prohibited);
    // Who tries once a minute is refused as usual.
    let other = "192.0.2.2".parse().unwrap();
    assert!(
        (0..100)
            .all(|minute| storms.refusal(other, None, &Config::default(), at(minute * 60)) == Refusal::Plain)
    );
}

#[test]
fn what_is_counted_is_bounded_and_the_quietest_goes_first() {
    let mut storms = Storms::default();
    for second in 0..10_000 {
        let name = format!("n{second}.example");
        storms.reply(&query(&name), blocked(None), &Config::default(), at(second));
        storms.reply(
            &query("busy.example"),
            blocked(None),
            &Config::default(),
            at(second),
        );
    }
    assert_eq!(storms.subjects.len(), MAX_SUBJECTS);
    assert_eq!(storms.most(1)[0].what, "busy.example");
}

#[test]
fn what_goes_is_what_a_look_at_all_would_find_quietest() {
    let mut storms = Storms::default();
    let mut naive: BTreeMap<u32, u64> = BTreeMap::new();
    let mut random = 7_u32;
    for second in 0..5_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = (random >> 16) % 400;
        if naive.len() == MAX_SUBJECTS && !naive.contains_key(&number) {
            let quietest = naive.iter().min_by_key(|(_, last)| **last);
            let quietest = *quietest.unwrap().0;
            naive.remove(&quietest);
        }
        naive.insert(number, second);
        let name = format!("n{number:03}.example");
        storms.reply(&query(&name), blocked(None), &Config::default(), at(second));
    }
    let named = naive.keys().map(|number| format!("n{number:03}.example"));
    let kept = storms.subjects.keys().map(|subject| match subject {
        Subject::Name(name) => name.to_string(),
        Subject::Address(ip) => ip.to_string(),
    });
    assert_eq!(kept.collect::<Vec<_>>(), named.collect::<Vec<_>>());
}
