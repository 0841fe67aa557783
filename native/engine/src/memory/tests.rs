use std::net::{Ipv4Addr, Ipv6Addr};

use blocklist::{Action, Because, RuleId};

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn verdict(action: Action, because: Because) -> Verdict {
    Verdict {
        action,
        because,
        reply: None,
    }
}

fn origin(asked: &str, verdict: Verdict, aliases: &[&str]) -> Arc<Origin> {
    let aliases = aliases.iter().map(|alias| Name::from_text(alias)).collect();
    Arc::new(Origin {
        asked: Name::from_text(asked),
        verdict,
        aliases,
        per_app: false,
        source: Source::Answer,
    })
}

fn allowed(asked: &str) -> Arc<Origin> {
    origin(asked, Verdict::NO_RULE, &[])
}

fn blocked(asked: &str) -> Arc<Origin> {
    origin(asked, verdict(Action::Block, Because::List(RuleId(1))), &[])
}

fn essential(asked: &str, aliases: &[&str]) -> Arc<Origin> {
    origin(
        asked,
        verdict(Action::Allow, Because::Essential(RuleId(2))),
        aliases,
    )
}

fn ip(last: u32) -> IpAddr {
    Ipv4Addr::from(0xc000_0200 + last).into()
}

const TTL_300: Duration = Duration::from_secs(300);

#[test]
fn address_is_known_for_its_ttl_and_the_grace_and_then_forgotten() {
    let mut memory = Memory::default();
    let now = Timestamp::from_micros(5);
    memory.remember(ip(1), &allowed("a.example"), TTL_300, now);
    assert_eq!(
        memory.vouch(ip(1), now + TTL_300 + (HOUR - Duration::from_micros(1))),
        Vouch::Allowed
    );
    assert_eq!(memory.vouch(ip(1), now + TTL_300 + HOUR), Vouch::Unknown);
    assert_eq!(memory.name(ip(1), now + TTL_300 + HOUR), None);
    assert_eq!(memory.vouch(ip(2), now), Vouch::Unknown);
}

#[test]
fn ttl_is_at_least_a_minute_and_at_most_a_day() {
    let mut memory = Memory::default();
    memory.remember(ip(1), &allowed("a.example"), Duration::ZERO, Timestamp::ZERO);
    memory.remember(
        ip(2),
        &allowed("a.example"),
        Duration::from_secs(1 << 31),
        Timestamp::ZERO,
    );
    let known = |ip, secs| memory.vouch(ip, Timestamp::ZERO + Duration::from_secs(secs)) == Vouch::Allowed;
    assert!(known(ip(1), 3_659) && !known(ip(1), 3_660));
    assert!(known(ip(2), 89_999) && !known(ip(2), 90_000));
}

#[test]
fn address_with_a_blocked_name_too_is_mixed_while_that_lives() {
    let mut memory = Memory::default();
    let now = Timestamp::ZERO;
    memory.remember(ip(1), &blocked("t.example"), Duration::from_secs(60), now);
    memory.remember(ip(1), &allowed("a.example"), TTL_300, now);
    assert_eq!(memory.vouch(ip(1), now), Vouch::Mixed);
    assert_eq!(
        memory.vouch(ip(1), now + HOUR + Duration::from_secs(60)),
        Vouch::Allowed
    );
}

#[test]
fn name_on_which_apps_differ_vouches_for_nothing() {
    let mut memory = Memory::default();
    let differ = Origin {
        per_app: true,
        source: Source::Answer,
        ..Origin::clone(&allowed("a.example"))
    };
    memory.remember(ip(1), &Arc::new(differ), TTL_300, Timestamp::ZERO);
    assert_eq!(memory.vouch(ip(1), Timestamp::ZERO), Vouch::Mixed);
}

#[test]
fn blocked_name_is_not_pushed_out_by_allowed_ones() {
    let mut memory = Memory::default();
    memory.remember(ip(1), &blocked("t.example"), TTL_300, Timestamp::ZERO);
    for i in 0..20 {
        memory.remember(
            ip(1),
            &allowed(&format!("a{i}.example")),
            TTL_300,
            Timestamp::ZERO,
        );
    }
    assert_eq!(memory.vouch(ip(1), Timestamp::ZERO), Vouch::Mixed);
    assert_eq!(
        memory.name(ip(1), Timestamp::ZERO),
        Some(Name::from_text("a19.example"))
    );
}

#[test]
fn newest_name_is_told() {
    let mut memory = Memory::default();
    for name in ["a.example", "b.example", "a.example"] {
        memory.remember(ip(1), &allowed(name), TTL_300, Timestamp::ZERO);
    }
    assert_eq!(
        memory.name(ip(1), Timestamp::ZERO),
        Some(Name::from_text("a.example"))
    );
}

#[test]
fn mapped_address_is_the_ipv4_address() {
    let mut memory = Memory::default();
    let mapped = IpAddr::from(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
    memory.remember(mapped, &allowed("a.example"), TTL_300, Timestamp::ZERO);
    assert_eq!(memory.vouch(ip(1), Timestamp::ZERO), Vouch::Allowed);
    memory.remember(
        Ipv6Addr::UNSPECIFIED.into(),
        &allowed("a.example"),
        TTL_300,
        Timestamp::ZERO,
    );
    assert_eq!(
        memory.vouch(Ipv6Addr::UNSPECIFIED.into(), Timestamp::ZERO),
        Vouch::Unknown
    );
}

#[test]
fn essential_name_covers_itself_its_aliases_and_flows_without_a_name() {
    let mut memory = Memory::default();
    let asked = essential("update.example", &["edge.cdn.example"]);
    memory.remember(ip(1), &asked, TTL_300, Timestamp::ZERO);
    let covering = |name: Option<&str>| {
        memory
            .covering(ip(1), name.map(Name::from_text).as_ref(), Timestamp::ZERO)
            .map(|o| o.asked.clone())
    };
    let it = Some(Name::from_text("update.example"));
    assert_eq!(covering(None), it);
    assert_eq!(covering(Some("update.example")), it);
    assert_eq!(covering(Some("edge.cdn.example")), it);
    assert_eq!(
        covering(Some("tracker.example")),
        None,
        "a shared address opens no hole"
    );
    assert_eq!(memory.covering(ip(2), None, Timestamp::ZERO), None);
    assert_eq!(memory.covering(ip(1), None, Timestamp::ZERO + 2 * HOUR), None);
}

#[test]
fn plain_allow_and_list_block_cover_nothing() {
    let mut memory = Memory::default();
    memory.remember(ip(1), &allowed("a.example"), TTL_300, Timestamp::ZERO);
    memory.remember(ip(1), &blocked("t.example"), TTL_300, Timestamp::ZERO);
    assert_eq!(memory.covering(ip(1), None, Timestamp::ZERO), None);
    assert_eq!(
        memory.covering(ip(1), Some(&Name::from_text("a.example")), Timestamp::ZERO),
        None
    );
}

#[test]
fn allowing_verdict_covers_a_nameless_flow_before_a_blocking_one() {
    let mut memory = Memory::default();
    let owner = origin(
        "o.example",
        verdict(Action::Block, Because::OwnerBlock(RuleId(3))),
        &[],
    );
    memory.remember(ip(1), &essential("update.example", &[]), TTL_300, Timestamp::ZERO);
    memory.remember(ip(1), &owner, TTL_300, Timestamp::ZERO);
    let asked = |name: Option<&Name>| {
        memory
            .covering(ip(1), name, Timestamp::ZERO)
            .map(|origin| origin.asked.as_str().to_owned())
    };
    assert_eq!(asked(None).as_deref(), Some("update.example"));
    assert_eq!(
        asked(Some(&Name::from_text("o.example"))).as_deref(),
        Some("o.example")
    );
}

#[test]
fn memory_is_bounded_and_what_expires_first_goes_first() {
    let mut memory = Memory::default();
    for i in 0..20_000 {
        let ttl = if i == 7 {
            Duration::from_secs(86_400)
        } else {
            TTL_300
        };
        let now = Timestamp::from_micros(u64::from(i));
        memory.remember(ip(i), &allowed("a.example"), ttl, now);
        assert_eq!(memory.addresses.len(), memory.by_expiry.len());
    }
    assert_eq!(memory.addresses.len(), MAX_ADDRESSES);
    assert_eq!(
        memory.vouch(ip(7), Timestamp::ZERO),
        Vouch::Allowed,
        "the longest TTL stays"
    );
    assert_eq!(
        memory.vouch(ip(8), Timestamp::ZERO),
        Vouch::Unknown,
        "the oldest went"
    );
    assert_eq!(memory.vouch(ip(19_999), Timestamp::ZERO), Vouch::Allowed);
    memory.forget_answers();
    assert_eq!(memory.vouch(ip(19_999), Timestamp::ZERO), Vouch::Unknown);
    assert_eq!(memory.by_expiry.len(), 0);
}

fn told(asked: &str, verdict: Verdict, port: Option<u16>) -> Arc<Origin> {
    let origin = Origin {
        source: Source::HttpDns(port),
        ..(*origin(asked, verdict, &[])).clone()
    };
    Arc::new(origin)
}

#[test]
fn told_address_is_judged_by_the_names_it_is_known_under_for_its_port() {
    let block = verdict(Action::Block, Because::List(RuleId(1)));
    let feature = verdict(Action::Allow, Because::Feature(RuleId(3)));
    let now = Timestamp::from_micros(5);
    let end = |port| SocketAddr::new(ip(1), port);
    let of = |origins: &[Arc<Origin>], port| {
        let mut memory = Memory::default();
        for origin in origins {
            memory.remember(ip(1), origin, TTL_300, now);
        }
        let by_name = |name: &Name| {
            origins
                .iter()
                .find(|origin| origin.asked == *name)
                .unwrap()
                .verdict
        };
        memory
            .told(end(port), now, by_name)
            .map(|(name, _)| name.to_string())
    };
    let (bad, push) = (
        told("bad.example", block, None),
        told("push.example", feature, Some(5222)),
    );
    let plain = told("plain.example", Verdict::NO_RULE, None);
    assert_eq!(of(&[], 443), None);
    assert_eq!(
        of(std::slice::from_ref(&bad), 443).as_deref(),
        Some("bad.example")
    );
    assert_eq!(of(std::slice::from_ref(&push), 443), None, "another port");
    // One that lets through goes before one that does not, whatever their order.
    for both in [[bad.clone(), push.clone()], [push, bad.clone()]] {
        assert_eq!(of(&both, 5222).as_deref(), Some("push.example"));
        assert_eq!(of(&both, 443).as_deref(), Some("bad.example"));
    }
    // Names on which there is no rule let through, and say nothing.
    for other in [plain, allowed("good.example")] {
        assert_eq!(of(&[bad.clone(), other.clone()], 443), None);
        assert_eq!(of(&[other, bad.clone()], 443), None);
    }
    assert_eq!(
        of(&[bad, blocked("worse.example")], 443).as_deref(),
        Some("bad.example")
    );
}

#[test]
fn told_addresses_stay_when_answers_are_forgotten() {
    let mut memory = Memory::default();
    let now = Timestamp::from_micros(5);
    let bad = told(
        "bad.example",
        verdict(Action::Block, Because::List(RuleId(1))),
        None,
    );
    memory.remember(ip(1), &allowed("a.example"), TTL_300 * 2, now);
    memory.remember(ip(1), &bad, TTL_300, now);
    memory.remember(ip(2), &allowed("b.example"), TTL_300, now);
    memory.forget_answers();
    assert_eq!(memory.name(ip(1), now), Some(Name::from_text("bad.example")));
    assert_eq!(memory.name(ip(2), now), None);
    assert_eq!((memory.addresses.len(), memory.by_expiry.len()), (1, 1));
    assert_eq!(memory.name(ip(1), now + TTL_300 + HOUR), None);
}

#[test]
fn ipv4_is_one_address_however_a_network_writes_it() {
    let mut memory = Memory::default();
    memory.set_nat64_prefix(Some((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 96)));
    let now = Timestamp::from_micros(5);
    memory.remember(
        "2001:db8::192.0.2.1".parse().unwrap(),
        &allowed("a.example"),
        TTL_300,
        now,
    );
    for same in [
        "192.0.2.1",
        "64:ff9b::192.0.2.1",
        "::ffff:192.0.2.1",
        "2001:db8::192.0.2.1",
    ] {
        assert_eq!(memory.vouch(same.parse().unwrap(), now), Vouch::Allowed, "{same}");
    }
    assert_eq!(memory.addresses.len(), 1);
}
