//! Made-up names with the label statistics of public lists: two to five labels, some 20 bytes, many hosts a domain.

use std::ops::Range;

/// Marsaglia's xorshift: the same names on every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) const fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    pub(crate) fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.get(self.below(choices.len())).copied().unwrap_or("")
    }

    /// Letters and digits in no order, so many.
    pub(crate) fn label(&mut self, len: Range<usize>) -> String {
        let len = len.start + self.below(len.end - len.start);
        (0..len)
            .filter_map(|_| char::from_digit(self.below(36) as u32, 36))
            .collect()
    }

    fn word(&mut self, out: &mut String) {
        const STARTS: [&str; 20] = [
            "ad", "b", "cl", "d", "st", "f", "gr", "m", "n", "p", "pr", "r", "s", "t", "tr", "v", "w", "c",
            "l", "h",
        ];
        const ENDS: [&str; 16] = [
            "a", "ed", "el", "er", "ia", "ic", "in", "io", "o", "on", "or", "s", "ta", "ty", "x", "y",
        ];
        for _ in 0..1 + self.below(3) {
            out.push_str(self.of(&STARTS));
            out.push_str(self.of(&ENDS));
        }
    }

    /// A name: most a domain of their own, the others hosts of one of few thousand domains.
    pub(crate) fn name(&mut self) -> String {
        const SUFFIXES: [&str; 16] = [
            "com", "com", "com", "com", "com", "com", "net", "net", "org", "info", "ru", "de", "xyz",
            "co.uk", "top", "io",
        ];
        const HOSTS: [&str; 12] = [
            "www", "ads", "track", "stat", "cdn", "api", "log", "m", "img", "click", "pixel", "metrics",
        ];
        let mut name = String::with_capacity(32);
        match self.below(10) {
            0..4 => {}
            4..8 => {
                name.push_str(self.of(&HOSTS));
                if self.below(3) == 0 {
                    name.push_str(&self.below(100).to_string());
                }
                name.push('.');
            }
            _ => {
                self.word(&mut name);
                name.push('-');
                name.push_str(&self.below(10_000).to_string());
                name.push('.');
                if self.below(3) == 0 {
                    name.push_str(self.of(&["eu", "us", "cn", "intl", "in"]));
                    name.push('.');
                }
            }
        }
        self.word(&mut name);
        if self.below(2) == 0 {
            self.word(&mut name);
        }
        if self.below(4) == 0 {
            name.push_str(&self.below(1000).to_string());
        }
        name.push('.');
        name.push_str(self.of(&SUFFIXES));
        name
    }
}

/// So many different names.
pub(crate) fn names(count: usize, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut known = std::collections::HashSet::with_capacity(count);
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let name = random.name();
        if known.insert(name.clone()) {
            names.push(name);
        }
    }
    names
}
