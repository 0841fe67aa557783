//! The built-in list, its presets, and rules on addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::builtin;
use crate::image::Role;
use crate::{Because, BuildError, Preset, Rules, RulesBuilder, Skip, compiled};

const PRESETS: [Preset; 4] = [
    Preset::None,
    Preset::NothingBreaks,
    Preset::Balanced,
    Preset::Everything,
];
/// Names that no preset may block.
const NEVER_BLOCK: &str = include_str!("../../../../tests/fixtures/lists/never-block.txt");

fn never_block() -> impl Iterator<Item = &'static str> {
    NEVER_BLOCK.lines().filter(|line| !line.starts_with('#'))
}

/// Names of the built-in list that are blocked in some preset.
fn blocked_names() -> impl Iterator<Item = String> {
    let list = builtin::list();
    let mut names = Vec::new();
    list.image.records(list.bytes(), &mut |_, record, pattern| {
        if matches!(record.role, Role::Block(_))
            && pattern.parse::<IpAddr>().is_err()
            && !pattern.contains('/')
        {
            names.push(pattern.to_owned());
        }
    });
    names.into_iter()
}

#[test]
fn no_preset_blocks_a_name_that_an_owner_relies_on() {
    assert_eq!(never_block().count(), 93);
    for preset in PRESETS {
        let rules = RulesBuilder::new(preset).build();
        for name in never_block() {
            let verdict = rules.verdict(name, None);
            assert!(!verdict.is_block(), "{name} in {preset:?}");
            assert!(
                matches!(verdict.because, Because::Essential(_) | Because::Feature(_)),
                "{name}: {verdict:?}"
            );
        }
    }
}

#[test]
fn each_block_rule_beneath_such_a_name_still_blocks() {
    let rules = RulesBuilder::new(Preset::Everything).build();
    let mut beneath = 0;
    for name in blocked_names() {
        assert!(rules.verdict(&name, None).is_block(), "{name}");
        beneath += never_block()
            .filter(|kept| name.ends_with(&format!(".{kept}")))
            .count();
    }
    assert!(beneath > 50, "{beneath}");
    for name in ["wtradv.market.xiaomi.com", "us.micardapi.micloud.xiaomi.net"] {
        assert!(rules.verdict(name, None).is_block(), "{name}");
    }
}

#[test]
fn a_hostile_parent_rule_in_a_list_takes_no_essential_name_along() {
    let text = "xiaomi.com\nmiui.com\n||mi.com^$important\n||xiaomi.net^\n||aliyuncs.com^\n||azureedge.net^";
    let rules = RulesBuilder::new(Preset::Everything)
        .list("hostile", text)
        .unwrap()
        .build();
    for name in never_block() {
        assert!(!rules.verdict(name, None).is_block(), "{name}");
    }
    assert!(rules.verdict("anything.miui.com", None).is_block());
}

#[test]
fn presets_contain_one_another() {
    let built = PRESETS.map(|preset| RulesBuilder::new(preset).build());
    let mut grown = [0; PRESETS.len()];
    for name in blocked_names() {
        for name in [name.to_owned(), format!("x.{name}")] {
            let blocks = built
                .each_ref()
                .map(|rules| rules.verdict(&name, None).is_block());
            assert!(blocks.is_sorted(), "{name}: {blocks:?}");
            assert!(!blocks[0], "{name}");
            for (count, blocked) in grown.iter_mut().zip(blocks) {
                *count += usize::from(blocked);
            }
        }
    }
    assert!(
        grown.is_sorted() && grown[1] < grown[2] && grown[2] < grown[3],
        "{grown:?}"
    );
}

#[test]
fn the_core_is_blocked_by_default_and_the_canary_in_each_preset_but_none() {
    let rules = RulesBuilder::default().build();
    for name in [
        "tracking.miui.com",
        "tracking.intl.miui.com",
        "tracking.india.miui.com",
        "data.mistat.xiaomi.com",
        "data.mistat.india.xiaomi.com",
        "sdkconfig.ad.xiaomi.com",
        "sdkconfig.ad.intl.xiaomi.com",
        "api.ad.xiaomi.com",
        "api.ad.intl.xiaomi.com",
        "sa.api.intl.miui.com",
    ] {
        assert!(rules.verdict(name, None).is_block(), "{name}");
    }
    for preset in PRESETS {
        let rules = RulesBuilder::new(preset).build();
        assert_eq!(
            rules.verdict("canary.hushwall.test", None).is_block(),
            preset != Preset::None
        );
    }
}

#[test]
fn a_rule_tells_people_what_it_stops() {
    let rules = RulesBuilder::default().build();
    let Because::List(id) = rules.verdict("tracking.intl.miui.com", None).because else {
        panic!()
    };
    let rule = rules.rule(id).unwrap();
    assert_eq!(
        (rule.id, rule.pattern),
        ("onetrack/tracking-intl", "tracking.intl.miui.com")
    );
    assert_eq!(rule.list_title, "Hushwall");
    assert!(rule.what.ends_with('.') && rule.what.len() > 20, "{}", rule.what);
    let rules = RulesBuilder::new(Preset::None)
        .list("mine.txt", "\n||ads.Example.com^$important")
        .unwrap()
        .build();
    let Because::List(id) = rules.verdict("ads.example.com", None).because else {
        panic!()
    };
    let rule = rules.rule(id).unwrap();
    assert_eq!(
        (rule.id, rule.list_title, rule.what),
        ("||ads.example.com^$important", "mine.txt", "")
    );
    assert!(Rules::features().any(|(name, what)| name == "push" && what.starts_with("I use ")));
}

#[test]
fn an_error_names_list_and_line_and_skipped_lines_are_counted() {
    let error = RulesBuilder::default()
        .list("my.txt", "a.example\n# fine\nfoo bar")
        .unwrap_err();
    assert!(
        matches!(&error, BuildError::Line { list, line: 3, .. } if list == "my.txt"),
        "{error}"
    );
    let text = "\u{feff}127.0.0.1 localhost\r\na.example\r\n||b.example^$third-party\r\n||c.example/path\r\n";
    let rules = RulesBuilder::new(Preset::None).list("l", text).unwrap().build();
    let list = rules.lists().last().unwrap();
    let skipped = |kind| list.skipped[Skip::ALL.iter().position(|k| *k == kind).unwrap()];
    assert_eq!((list.title.as_str(), list.rules), ("l", 1));
    assert_eq!(
        (
            skipped(Skip::Local),
            skipped(Skip::Modifier),
            skipped(Skip::Wildcard)
        ),
        (1, 1, 1)
    );
    assert!(RulesBuilder::default().allow("no dots..here").is_err());
}

#[test]
fn a_wrong_line_in_a_hundred_is_left_out_and_told_and_more_refuse_the_list() {
    let sound: String = (0..199).map(|n| format!("0.0.0.0 n{n}.example\n")).collect();
    let text = format!("0.0.0.0 bad..example\n{sound}");
    let rules = RulesBuilder::new(Preset::None).list("l", &text).unwrap().build();
    assert!(rules.verdict("n198.example", None).is_block());
    let list = rules.lists().last().unwrap();
    assert_eq!((list.rules, list.bad), (199, 1));
    assert!(matches!(&list.first_bad, Some((1, mend)) if mend.contains("label")));
    let source = compiled::ListSource::Text {
        title: "l",
        text: &text,
    };
    let (_, lists) = compiled::build_lists(&[source]).unwrap();
    assert_eq!((lists[0].rules, lists[0].bad), (199, 1));
    let text = format!("{sound}a..b\nfoo bar\n||c..d^\n");
    let error = RulesBuilder::default().list("l", &text).unwrap_err();
    assert!(
        matches!(
            error,
            BuildError::Line {
                line: 200,
                bad: 3,
                lines: 202,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn names_in_other_scripts_are_met_as_the_dns_carries_them() {
    let text = "# köln\n||bücher.example^\nмосква.рус # да";
    let rules = RulesBuilder::new(Preset::None).list("l", text).unwrap().build();
    for name in ["xn--bcher-kva.example", "a.xn--80adxhks.xn--p1acf"] {
        assert!(rules.verdict(name, None).is_block(), "{name}");
    }
    let rules = RulesBuilder::new(Preset::None)
        .block("bücher.example")
        .unwrap()
        .build();
    assert!(rules.verdict("xn--bcher-kva.example", None).is_block());
}

#[test]
fn the_owner_may_write_a_wildcard_a_capital_and_a_last_dot() {
    for written in [
        "ads.example.com",
        "*.ads.example.com",
        "Ads.Example.com.",
        " ads.example.com ",
    ] {
        let rules = RulesBuilder::new(Preset::None).block(written).unwrap().build();
        assert!(rules.verdict("ads.example.com", None).is_block(), "{written}");
        assert!(rules.verdict("x.ads.example.com", None).is_block(), "{written}");
    }
}

#[test]
fn equal_rules_count_once_and_too_many_lists_are_refused() {
    let rules = RulesBuilder::new(Preset::None)
        .list("l", "a.example\na.example\n||a.example^")
        .unwrap()
        .build();
    let bare = RulesBuilder::new(Preset::None).build().len();
    assert_eq!(rules.len(), bare + 1);
    let mut builder = RulesBuilder::new(Preset::None);
    for index in 0..62 {
        builder = builder.list(&format!("list {index}"), "a.example").unwrap();
    }
    assert!(matches!(
        builder.list("one more", ""),
        Err(BuildError::Lists { most: 62, .. })
    ));
}

fn blocked(rules: &Rules, ip: &str, port: u16) -> Option<bool> {
    rules
        .verdict_ip(ip.parse().unwrap(), port, None)
        .map(|verdict| verdict.is_block())
}

#[test]
fn address_rules_meet_networks_ports_and_ipv4_inside_ipv6() {
    let text =
        "192.0.2.7\n198.51.100.0/24\n203.0.113.5:443\n2001:db8:1::/48\n[2001:db8::9]:80\n@@198.51.100.77";
    let rules = RulesBuilder::new(Preset::None).list("l", text).unwrap().build();
    for (ip, port, expected) in [
        ("192.0.2.7", 1, Some(true)),
        ("192.0.2.8", 1, None),
        ("198.51.100.0", 80, Some(true)),
        ("198.51.100.255", 80, Some(true)),
        ("198.51.101.0", 80, None),
        ("198.51.100.77", 80, Some(false)),
        ("203.0.113.5", 443, Some(true)),
        ("203.0.113.5", 80, None),
        ("::ffff:192.0.2.7", 1, Some(true)),
        ("64:ff9b::192.0.2.7", 1, Some(true)),
        ("64:ff9b::198.51.100.9", 1, Some(true)),
        ("64:ff9b:1::192.0.2.7", 1, None),
        ("2001:db8:1:2::3", 1, Some(true)),
        ("2001:db8:2::3", 1, None),
        ("2001:db8::9", 80, Some(true)),
        ("2001:db8::9", 81, None),
    ] {
        assert_eq!(blocked(&rules, ip, port), expected, "{ip} {port}");
    }
}

#[test]
fn the_owner_allows_and_blocks_addresses_too() {
    let rules = RulesBuilder::new(Preset::None)
        .list("l", "192.0.2.0/24")
        .and_then(|builder| builder.allow("192.0.2.7"))
        .and_then(|builder| builder.block("2001:db8::1"))
        .unwrap()
        .build();
    assert_eq!(blocked(&rules, "192.0.2.7", 1), Some(false));
    assert_eq!(blocked(&rules, "192.0.2.8", 1), Some(true));
    assert_eq!(blocked(&rules, "2001:db8::1", 1), Some(true));
}

#[test]
fn built_in_push_addresses_stay_while_push_is_used() {
    let rules = RulesBuilder::new(Preset::Everything).build();
    assert_eq!(blocked(&rules, "42.62.94.2", 443), Some(false));
    let rules = RulesBuilder::new(Preset::Balanced)
        .without_feature("push")
        .unwrap()
        .build();
    assert_eq!(blocked(&rules, "42.62.94.2", 443), Some(true));
    assert_eq!(blocked(&rules, "42.62.94.2", 80), None);
}

#[test]
fn any_address_is_judged_without_a_panic() {
    let rules = RulesBuilder::new(Preset::Everything)
        .list("l", "128.0.0.0/1\n8000::/1")
        .unwrap()
        .build();
    let mut state = 0x5eed_u128;
    for _ in 0..10_000 {
        state = state
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            .wrapping_add(1);
        let _ = rules.verdict_ip(IpAddr::V6(Ipv6Addr::from_bits(state)), state as u16, None);
        let _ = rules.verdict_ip(IpAddr::V4(Ipv4Addr::from_bits(state as u32)), 0, None);
    }
}

#[test]
fn wildcards_are_reduced_with_the_rest_of_their_list() {
    let text =
        "||ads*.example.com^\n@@||ads-kept*.example.com^\n||ads-kept-not.example.com^$important\n-beacon.\n";
    let rules = RulesBuilder::new(Preset::None).list("l", text).unwrap().build();
    for (name, expected) in [
        ("ads1.example.com", true),
        ("ADS1.Example.com.", true),
        ("ads-kept.example.com", false),
        ("ads-kept-not.example.com", true),
        ("x-beacon.test", true),
        ("beacon.test", false),
    ] {
        assert_eq!(rules.verdict(name, None).is_block(), expected, "{name}");
    }
    let verdict = rules.verdict("ads1.example.com", None);
    let Because::List(id) = verdict.because else {
        panic!("{verdict:?}");
    };
    assert_eq!(rules.rule(id).unwrap().pattern, "||ads*.example.com^");
}

#[test]
fn important_exception_beats_an_important_block() {
    let text = "||a.example^$important\n@@||b.a.example^$important\n@@||c.a.example^\n";
    let rules = RulesBuilder::new(Preset::None).list("l", text).unwrap().build();
    assert!(rules.verdict("a.example", None).is_block());
    assert!(!rules.verdict("x.b.a.example", None).is_block());
    assert!(rules.verdict("c.a.example", None).is_block());
}

#[test]
fn address_in_the_place_of_a_name_is_judged_as_an_address() {
    let rules = RulesBuilder::new(Preset::None)
        .list("l", "||192.0.2.7^")
        .unwrap()
        .build();
    assert!(rules.verdict("192.0.2.7", None).is_block());
    assert!(!rules.verdict("192.0.2.8", None).is_block());
}

#[test]
fn the_switch_for_encrypted_resolvers_is_there_and_off_refuses_names_and_addresses() {
    assert!(Rules::features().any(|(feature, _)| feature == Rules::ENCRYPTED_DNS));
    let on = RulesBuilder::new(Preset::Balanced).build();
    let off = RulesBuilder::new(Preset::Balanced)
        .without_feature(Rules::ENCRYPTED_DNS)
        .unwrap()
        .build();
    let eights: IpAddr = [8, 8, 8, 8].into();
    for name in [
        "dns.google",
        "dns64.dns.google",
        "chrome.cloudflare-dns.com",
        "abc.dns.nextdns.io",
    ] {
        assert!(
            !on.verdict(name, None).is_block() && off.verdict(name, None).is_block(),
            "{name}"
        );
    }
    for (port, refused) in [(443, true), (853, true), (53, false), (80, false)] {
        let blocks = |rules: &Rules| {
            let verdict = rules.verdict_ip(eights, port, None);
            verdict.is_some_and(|verdict| verdict.is_block())
        };
        assert_eq!((blocks(&on), blocks(&off)), (false, refused), "{port}");
    }
}

#[test]
fn firefox_is_told_that_its_canary_does_not_exist() {
    let rules = RulesBuilder::new(Preset::Balanced).build();
    let verdict = rules.verdict("use-application-dns.net", None);
    assert!(verdict.is_block());
    assert!(matches!(verdict.reply, Some(crate::Reply::NxDomain { .. })));
}
