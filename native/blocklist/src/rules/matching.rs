//! The table against a matcher that looks at every rule.

use crate::{Preset, RulesBuilder};

/// Marsaglia's xorshift: the same names on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    /// A name of few short labels, so that names and rules meet often.
    fn name(&mut self) -> String {
        let labels = 1 + self.below(5);
        let label = |random: &mut Self| ["a", "b", "ab", "x-1", "com"][random.below(5)];
        (0..labels).map(|_| label(self)).collect::<Vec<_>>().join(".")
    }

    /// A label of up to 24 letters, of which two may be all but equal.
    fn label(&mut self) -> String {
        let letters = 1 + self.below(24);
        (0..letters)
            .map(|_| ["a", "a", "a", "b"][self.below(4)])
            .collect()
    }
}

/// A rule's name, reach and tone.
type Rule = (String, &'static str, &'static str);

const REACHES: [&str; 3] = ["exact", "subdomains", "below"];

fn line((name, reach, tone): &Rule) -> String {
    let start = if tone.starts_with("except") { "@@" } else { "" };
    let anchor = match *reach {
        "exact" => "|",
        "subdomains" => "||",
        _ => "||*.",
    };
    let end = if tone.ends_with("important") {
        "$important"
    } else {
        ""
    };
    format!("{start}{anchor}{name}^{end}\n")
}

/// One verdict of one list, looked for rule by rule.
fn naive(rules: &[Rule], name: &str) -> bool {
    let meets = |rule: &str, reach: &str| {
        let below = name.strip_suffix(rule).is_some_and(|rest| rest.ends_with('.'));
        match reach {
            "exact" => name == rule,
            "below" => below,
            _ => name == rule || below,
        }
    };
    let any = |tone: &str| {
        rules
            .iter()
            .any(|(rule, reach, t)| *t == tone && meets(rule, reach))
    };
    !any("except important") && (any("important") || (any("block") && !any("except")))
}

#[test]
fn table_and_naive_matcher_agree_on_random_lists() {
    let mut random = Random(0x5eed_0001);
    for round in 0..60 {
        let rules: Vec<Rule> = (0..1 + random.below(60))
            .map(|_| {
                let reach = REACHES[random.below(3)];
                let tone = ["block", "block", "except", "important"][random.below(4)];
                (random.name(), reach, tone)
            })
            .collect();
        let text: String = rules.iter().map(line).collect();
        let built = RulesBuilder::new(Preset::None)
            .list("random", &text)
            .unwrap()
            .build();
        for _ in 0..300 {
            let name = random.name();
            assert_eq!(
                built.verdict(&name, None).is_block(),
                naive(&rules, &name),
                "round {round}: {name}\n{text}"
            );
        }
    }
}

/// Rules on long names, half of them beneath another.
fn long_rules(random: &mut Random, count: usize) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for _ in 0..count {
        let parent = match random.below(2) {
            0 if !rules.is_empty() => rules[random.below(rules.len())].0.clone(),
            _ => format!("{}.com", random.label()),
        };
        let name = match format!("{}.{parent}", random.label()) {
            name if name.len() > 200 => parent,
            name => name,
        };
        let tone = ["block", "block", "except", "important", "except important"][random.below(5)];
        rules.push((name, REACHES[random.below(3)], tone));
    }
    rules
}

/// A name of a rule, or one near it.
fn near(random: &mut Random, rule: &str) -> String {
    let above = rule.split_once('.').map_or(rule, |(_, above)| above);
    match random.below(6) {
        0 => format!("{}.{rule}", random.label()),
        1 => format!("a.{}.b.{rule}", random.label()),
        2 => above.to_owned(),
        3 => format!("{}.{above}", random.label()),
        4 => format!("a{rule}"),
        _ => rule.to_owned(),
    }
}

/// Names that span several of a hash's words, and lists with a filter; the exceptions of one list lift no block of another.
#[test]
fn several_lists_of_long_names_agree_with_the_naive_matcher() {
    let mut random = Random(0x5eed_0003);
    let mut blocked = 0;
    for count in [1, 3, 40, 400, 2_000] {
        let lists = [(); 3].map(|()| long_rules(&mut random, count));
        let mut builder = RulesBuilder::new(Preset::None).without_builtin();
        for (title, rules) in ["a", "b", "c"].into_iter().zip(&lists) {
            let text: String = rules.iter().map(line).collect();
            builder = builder.list(title, &text).unwrap();
        }
        let built = builder.build();
        for _ in 0..300 {
            let rule = random.below(count);
            let name = near(&mut random, &lists[rule % 3][rule].0);
            let meant = lists.iter().any(|rules| naive(rules, &name));
            blocked += usize::from(meant);
            assert_eq!(built.verdict(&name, None).is_block(), meant, "{name}");
            assert_eq!(
                built.verdict(&name.to_uppercase(), None).is_block(),
                meant,
                "{name}"
            );
        }
    }
    assert!((300..1_200).contains(&blocked), "{blocked}");
}

#[test]
fn each_of_many_names_is_found_and_no_neighbour() {
    let mut text = String::new();
    for index in 0..20_000 {
        text.push_str(&format!("host{index}.example{}.net\n", index % 97));
    }
    let rules = RulesBuilder::new(Preset::None)
        .list("many", &text)
        .unwrap()
        .build();
    for index in 0..20_000 {
        let name = format!("host{index}.example{}.net", index % 97);
        assert!(rules.verdict(&name, None).is_block(), "{name}");
        assert!(rules.verdict(&format!("a.b.{name}"), None).is_block());
        assert!(!rules.verdict(&format!("x{name}"), None).is_block());
        assert!(
            !rules
                .verdict(&format!("host{index}.example{}.net", (index + 1) % 97), None)
                .is_block()
        );
    }
}

#[test]
fn labels_are_borders_and_case_and_a_last_dot_do_not_matter() {
    let rules = RulesBuilder::new(Preset::None)
        .list("l", "ads.Example.com\n0.0.0.0 exact.example.com")
        .unwrap()
        .build();
    for name in [
        "ads.example.com",
        "ADS.example.COM",
        "ads.example.com.",
        "x.y.ads.example.com",
    ] {
        assert!(rules.verdict(name, None).is_block(), "{name}");
    }
    for name in [
        "bads.example.com",
        "example.com",
        "ads.example.co",
        "ds.example.com",
        "a.exact.example.com",
    ] {
        assert!(!rules.verdict(name, None).is_block(), "{name}");
    }
}

#[test]
fn odd_names_never_panic_and_never_block() {
    let rules = RulesBuilder::new(Preset::Everything)
        .list("l", "ads.example.com")
        .unwrap()
        .build();
    let many_labels = ["a"; 127].join(".");
    let long = format!("{}.{}", "a".repeat(63), "b".repeat(189));
    for name in [
        "",
        ".",
        "..",
        "...",
        ".com",
        "com.",
        "\u{0}",
        "ä.é",
        many_labels.as_str(),
        long.as_str(),
    ] {
        assert!(!rules.verdict(name, None).is_block(), "{name}");
    }
    let longest = format!("{}.ads.example.com", ["a"; 119].join("."));
    assert_eq!(longest.len(), 253);
    assert!(rules.verdict(&longest, None).is_block());
    let mut random = Random(0x5eed_0002);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..random.below(40)).map(|_| random.below(256) as u8).collect();
        let _ = rules.verdict(&String::from_utf8_lossy(&bytes), None);
    }
}
