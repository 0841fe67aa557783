use super::*;

fn meets(start: Start, body: &str, ended: bool, name: &str) -> bool {
    Wildcard::new(start, body, ended).unwrap().meets(name)
}

#[test]
fn star_stands_for_any_letters_and_dots() {
    for (name, met) in [
        ("ads.example.com", true),
        ("ads1.x.example.com", true),
        ("www.ads.example.com", true),
        ("bads.example.com", false),
        ("ads.example.com.evil.test", false),
        ("ads", false),
    ] {
        assert_eq!(
            meets(Start::Border, "ads*.example.com", true, name),
            met,
            "{name}"
        );
    }
}

#[test]
fn anchors_say_where_a_pattern_begins_and_ends() {
    assert!(meets(Start::Anywhere, "-ads.", false, "my-ads.example"));
    assert!(!meets(Start::Name, "ads", false, "my.ads.example"));
    assert!(meets(Start::Border, "ads", false, "my.adserver.example"));
    assert!(!meets(Start::Border, "ads", true, "my.ads.example"));
    assert!(meets(Start::Anywhere, "ads.example", true, "my-ads.example"));
}

#[test]
fn patterns_that_say_next_to_nothing_are_refused() {
    for body in ["", "*", "**", "a", ".*.", "a*b", "ads/x", "ads^x"] {
        assert_eq!(Wildcard::new(Start::Anywhere, body, true), None, "{body}");
    }
}

/// By definition, without an idea of speed.
fn naive(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|at| naive(rest, &name[at..])),
        Some((letter, rest)) => name.first() == Some(letter) && naive(rest, &name[1..]),
    }
}

fn naive_meets(wildcard: &Wildcard<'_>, name: &str) -> bool {
    let tail = if wildcard.ended { "" } else { "*" };
    let pattern = format!("{}{tail}", wildcard.body);
    let begins = (0..=name.len()).filter(|&at| match wildcard.start {
        Start::Anywhere => true,
        Start::Name => at == 0,
        Start::Border => at == 0 || name.as_bytes()[at - 1] == b'.',
    });
    begins
        .into_iter()
        .any(|at| naive(pattern.as_bytes(), &name.as_bytes()[at..]))
}

/// A small generator: tests need no better one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn word(&mut self, letters: &[u8], most: usize) -> String {
        let len = 1 + self.below(most);
        (0..len)
            .map(|_| char::from(letters[self.below(letters.len())]))
            .collect()
    }
}

#[test]
fn matcher_equals_the_definition_on_random_patterns_and_names() {
    let mut dice = Dice(0x5eed);
    for _ in 0..300 {
        let mut matcher = Wildcards::default();
        let bodies: Vec<String> = (0..20).map(|_| dice.word(b"aab*.", 9)).collect();
        let starts = [Start::Border, Start::Name, Start::Anywhere];
        let wildcards: Vec<_> = bodies
            .iter()
            .filter_map(|body| Wildcard::new(starts[dice.below(3)], body, dice.below(2) == 0))
            .collect();
        for (wildcard, rule) in wildcards.iter().zip(0..) {
            assert!(matcher.push(wildcard, rule));
        }
        for _ in 0..50 {
            let name = dice.word(b"aab.", 12);
            let name = name.trim_end_matches('.');
            let mut met = Vec::new();
            matcher.visit(name, &mut |rule| met.push(rule));
            met.sort_unstable();
            met.dedup();
            let expected: Vec<u32> = (0..)
                .zip(&wildcards)
                .filter(|(_, wildcard)| naive_meets(wildcard, name))
                .map(|(rule, _)| rule)
                .collect();
            assert_eq!(met, expected, "{name}: {wildcards:?}");
        }
    }
}

#[test]
fn hostile_list_is_cut_off() {
    let mut matcher = Wildcards::default();
    let wildcard = Wildcard::new(Start::Anywhere, "aaaa*aaaa*aaaa*b", true).unwrap();
    let taken = (0..20_000).filter(|&rule| matcher.push(&wildcard, rule)).count();
    assert_eq!(taken, MOST_A_GRAM + MOST_LOOSE);
}

#[test]
fn names_of_any_length_and_case_are_looked_up() {
    let mut matcher = Wildcards::default();
    assert!(matcher.push(&Wildcard::new(Start::Border, "Ads*.example", true).unwrap(), 7));
    let mut met = 0;
    matcher.visit("x.ADS1.Example.", &mut |rule| met = rule);
    assert_eq!(met, 7);
    for name in ["", ".", "é", &"a".repeat(5000)] {
        matcher.visit(name, &mut |_| {});
    }
}
