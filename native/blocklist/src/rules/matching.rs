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
}

/// One verdict of one list, looked for rule by rule.
fn naive(rules: &[(String, &str, &str)], name: &str) -> bool {
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
    any("important") || (any("block") && !any("except"))
}

#[test]
fn table_and_naive_matcher_agree_on_random_lists() {
    let mut random = Random(0x5eed_0001);
    for round in 0..60 {
        let rules: Vec<(String, &str, &str)> = (0..1 + random.below(60))
            .map(|_| {
                let reach = ["exact", "subdomains", "below"][random.below(3)];
                (
                    random.name(),
                    reach,
                    ["block", "block", "except", "important"][random.below(4)],
                )
            })
            .collect();
        let text: String = rules
            .iter()
            .map(|(name, reach, tone)| {
                let start = if *tone == "except" { "@@" } else { "" };
                let anchor = ["|", "||", "||*."][["exact", "subdomains", "below"]
                    .iter()
                    .position(|r| r == reach)
                    .unwrap()];
                let end = if *tone == "important" { "^$important" } else { "^" };
                format!("{start}{anchor}{name}{end}\n")
            })
            .collect();
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
