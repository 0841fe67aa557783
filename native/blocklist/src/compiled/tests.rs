//! Compiled lists: what went in comes out, and no bytes do harm.

use super::{Kind, ListSource, OpenError, SourceRule, build, open};
use crate::image::reseal;
use crate::{Because, BuildError, Preset, Reply, Rules, RulesBuilder};

/// Marsaglia's xorshift: the same lists on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    /// A name of few labels, short ones and ones of a word's length and more, so that names and rules meet often.
    fn name(&mut self) -> String {
        let labels = [
            "a",
            "b",
            "ab",
            "x-1",
            "com",
            "abcdefgh",
            "abcdefghi",
            "abcdefghijklmnopq",
        ];
        let count = 1 + self.below(5);
        let labels: Vec<&str> = (0..count).map(|_| labels[self.below(labels.len())]).collect();
        labels.join(".")
    }

    /// A line of a list: any reach and tone, a wildcard, an address.
    fn line(&mut self) -> String {
        let start = ["", "", "@@"][self.below(3)];
        let anchor = ["|", "||", "||*."][self.below(3)];
        let end = ["^", "^", "^$important"][self.below(3)];
        match self.below(12) {
            0 => format!("{start}||abc*.{}{end}", self.name()),
            1 => format!("192.0.2.{}", self.below(9)),
            _ => format!("{start}{anchor}{}{end}", self.name()),
        }
    }
}

fn text(title: &'static str, text: &str) -> Vec<u8> {
    build(&[ListSource::Text { title, text }]).unwrap()
}

fn rules(bytes: Vec<u8>) -> Rules {
    RulesBuilder::new(Preset::None)
        .compiled(open(bytes).unwrap())
        .unwrap()
        .build()
}

#[test]
fn a_compiled_list_says_what_its_text_says() {
    let mut random = Random(0x5eed_0003);
    for round in 0..80 {
        let lines: Vec<String> = (0..1 + random.below(120)).map(|_| random.line()).collect();
        let lines = lines.join("\n");
        let plain = RulesBuilder::new(Preset::None).list("l", &lines).unwrap().build();
        let compiled = rules(text("l", &lines));
        assert_eq!((plain.len(), plain.lists()), (compiled.len(), compiled.lists()));
        for _ in 0..300 {
            let name = random.name();
            let (a, b) = (plain.verdict(&name, None), compiled.verdict(&name, None));
            assert_eq!(a, b, "round {round}: {name}\n{lines}");
            if let Because::List(id) = a.because {
                assert_eq!(plain.rule(id), compiled.rule(id));
            }
        }
        for last in 0..10 {
            let ip = [192, 0, 2, last].into();
            assert_eq!(plain.verdict_ip(ip, 1, None), compiled.verdict_ip(ip, 1, None));
        }
    }
}

#[test]
fn every_name_is_found_with_its_rule_and_no_neighbour() {
    let names: Vec<String> = (0..30_000)
        .map(|n| format!("host{n}.example{}.net", n % 97))
        .collect();
    let rules = rules(text("many", &names.join("\n")));
    for (index, name) in names.iter().enumerate() {
        for name in [name.clone(), format!("a.b.{name}"), name.to_uppercase()] {
            let Because::List(id) = rules.verdict(&name, None).because else {
                panic!("{name}");
            };
            assert_eq!(rules.rule(id).unwrap().pattern, names[index]);
        }
        assert!(!rules.verdict(&format!("x{name}"), None).is_block());
        let other = format!("host{index}.example{}.net", (index + 1) % 97);
        assert!(!rules.verdict(&other, None).is_block());
    }
}

#[test]
fn same_lists_same_bytes() {
    let lines = "||a.example^\n||b.example^\n@@|c.example^\n||ads*.example^\n192.0.2.0/24";
    assert_eq!(text("l", lines), text("l", lines));
    assert_ne!(text("l", lines), text("m", lines));
    let key = |bytes: &[u8]| bytes[32..40].to_vec();
    assert_ne!(key(&text("l", lines)), key(&text("l", "||a.example^")));
}

#[test]
fn empty_lists_and_odd_names_are_fine() {
    for lines in ["", "# nothing", "192.0.2.1", "||ads*.example^"] {
        let rules = rules(text("l", lines));
        let long = format!("{}.{}", "a".repeat(63), "b".repeat(400));
        for name in [
            "",
            ".",
            "..",
            "com",
            "a.b",
            "\u{e4}.\u{e9}",
            "\u{0}",
            long.as_str(),
        ] {
            assert!(!rules.verdict(name, None).is_block(), "{name}");
        }
    }
}

fn records() -> Vec<u8> {
    let rule = |id, pattern, subdomains, kind| SourceRule {
        id,
        pattern,
        subdomains,
        kind,
        what: "What it stops.",
        reply: Some(Reply::NoData { ttl: 7 }),
    };
    let rules = [
        rule(
            "f/block",
            "ads.example.com",
            true,
            Kind::Block(Preset::Everything),
        ),
        rule("f/kept", "kept.ads.example.com", false, Kind::Essential),
        rule(
            "f/push",
            "push.ads.example.com",
            true,
            Kind::Feature("push", Preset::Balanced),
        ),
        rule("f/net", "192.0.2.0/24", false, Kind::Block(Preset::Balanced)),
    ];
    build(&[ListSource::Records {
        title: "records",
        rules: &rules,
        features: &[("push", "I use push.")],
    }])
    .unwrap()
}

#[test]
fn records_keep_id_sentence_and_reply() {
    let rules = RulesBuilder::with_builtin(open(records()).unwrap(), Preset::Everything).build();
    let verdict = rules.verdict("x.ads.example.com", None);
    assert_eq!(verdict.reply, Some(Reply::NoData { ttl: 7 }));
    let Because::List(id) = verdict.because else {
        panic!("{verdict:?}")
    };
    let rule = rules.rule(id).unwrap();
    assert_eq!(
        (rule.id, rule.pattern, rule.what, rule.list_title),
        ("f/block", "ads.example.com", "What it stops.", "Hushwall")
    );
    let because = |name| rules.verdict(name, None).because;
    assert!(matches!(because("kept.ads.example.com"), Because::Essential(_)));
    assert!(matches!(because("x.push.ads.example.com"), Because::Feature(_)));
    let balanced = RulesBuilder::with_builtin(open(records()).unwrap(), Preset::Balanced)
        .without_feature("push")
        .unwrap()
        .build();
    assert!(!balanced.verdict("ads.example.com", None).is_block());
    assert!(balanced.verdict("push.ads.example.com", None).is_block());
    assert!(balanced.verdict_ip([192, 0, 2, 9].into(), 1, None).is_some());
}

#[test]
fn a_subscribed_list_keeps_nothing_from_another_list() {
    let rules = RulesBuilder::new(Preset::None)
        .compiled(open(records()).unwrap())
        .and_then(|builder| builder.list("other", "||kept.ads.example.com^"))
        .unwrap()
        .build();
    assert!(rules.verdict("kept.ads.example.com", None).is_block());
    let alone = self::rules(records());
    assert!(!alone.verdict("kept.ads.example.com", None).is_block());
    assert!(alone.verdict("y.ads.example.com", None).is_block());
    let title = |rules: &Rules, name| match rules.verdict(name, None).because {
        Because::List(id) => rules.rule(id).unwrap().list_title.to_owned(),
        because => panic!("{because:?}"),
    };
    assert_eq!(title(&rules, "kept.ads.example.com"), "other");
    assert_eq!(title(&rules, "y.ads.example.com"), "records");
}

#[test]
fn what_is_no_whole_list_of_this_version_is_refused() {
    let bytes = text("l", "||a.example^\n||b.example^");
    assert!(matches!(open(Vec::new()), Err(OpenError::Foreign)));
    assert!(matches!(
        open(b"HUSHLIST".to_vec()),
        Err(OpenError::Length { .. })
    ));
    assert!(matches!(
        open(&b"# a hosts file\n0.0.0.0 x.example"[..]),
        Err(OpenError::Foreign)
    ));
    let mut other = bytes.clone();
    other[8] = 1;
    assert!(matches!(
        open(other),
        Err(OpenError::Version { found: 1, known: 3 })
    ));
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(open(longer), Err(OpenError::Length { .. })));
    for end in 0..bytes.len() {
        assert!(open(bytes[..end].to_vec()).is_err(), "{end}");
    }
}

#[test]
fn each_flipped_bit_is_found() {
    for bytes in [
        records(),
        text("l", "||a.example^\n||ads*.b.example^\n@@c.example^"),
    ] {
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(open(other).is_err(), "{bit}");
        }
    }
}

#[test]
fn a_file_that_lies_under_a_right_checksum_does_no_harm() {
    let mut random = Random(0x5eed_0004);
    let mut opened = 0;
    for bytes in [
        records(),
        text("l", "||a.example^\n||ads*.b.example^\n@@c.example^\n192.0.2.1"),
    ] {
        for round in 0..bytes.len() * 6 {
            let mut other = bytes.clone();
            other[round % bytes.len()] =
                [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][round / bytes.len()];
            if round % 5 == 0 {
                let at = random.below(bytes.len());
                other[at] = random.below(256) as u8;
            }
            reseal(&mut other);
            let Ok(list) = open(other) else {
                continue;
            };
            opened += 1;
            let _ = (list.lists(), list.features().count(), list.size());
            let rules = RulesBuilder::with_builtin(list.clone(), Preset::Balanced)
                .compiled(list)
                .unwrap()
                .build();
            for name in [
                "a.example",
                "ads1.b.example",
                "kept.ads.example.com",
                "x.push.ads.example.com",
            ] {
                let _ = rules.verdict(name, None);
            }
            let _ = rules.verdict_ip([192, 0, 2, 1].into(), 443, None);
            for rule in (0..16).chain([u32::MAX]) {
                let _ = rules.rule(crate::RuleId(rule));
            }
        }
    }
    assert!(opened > 500, "{opened}");
}

/// A compiled list of as many wildcards, each with letters of its own.
fn of_wildcards(title: &str, count: usize) -> super::Compiled {
    let letters = |n: usize| [n / 26 / 26 % 26, n / 26 % 26, n % 26].map(|n| char::from(b'a' + n as u8));
    let line = |n: usize| format!("||{title}{}*end^\n", letters(n).iter().collect::<String>());
    let text: String = (0..count).map(line).collect();
    open(build(&[ListSource::Text { title, text: &text }]).unwrap()).unwrap()
}

#[test]
fn wildcards_of_all_lists_are_in_force_or_the_list_is_refused() {
    let builder = RulesBuilder::new(Preset::None)
        .list("text", "@@||kept*end^\n||text*end^\n")
        .unwrap();
    let mut builder = builder.compiled(of_wildcards("first", 5_000)).unwrap();
    let error = builder.add_compiled(of_wildcards("second", 5_000)).unwrap_err();
    assert!(
        matches!(&error, BuildError::Wildcards { list } if list == "second"),
        "{error}"
    );
    builder.add_compiled(of_wildcards("third", 2_000)).unwrap();
    let rules = builder.list("last", "||last*end^\n").unwrap().build();
    let titles: Vec<&str> = rules.lists().iter().map(|list| list.title.as_str()).collect();
    assert_eq!(titles[2..], ["text", "first", "third", "last"]);
    for (name, by) in [
        ("textend", Some("||text*end^")),
        ("firstaaa.end", Some("||firstaaa*end^")),
        ("firsthkh.end", Some("||firsthkh*end^")),
        ("thirdcyx.end", Some("||thirdcyx*end^")),
        ("last-end", Some("||last*end^")),
        ("kept-end", Some("@@||kept*end^")),
        ("secondaaa.end", None),
    ] {
        let met = match rules.verdict(name, None).because {
            Because::List(id) => rules.rule(id).map(|rule| rule.id),
            _ => None,
        };
        assert_eq!(met, by, "{name}");
    }
}
