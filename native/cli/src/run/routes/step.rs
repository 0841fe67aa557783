//! One change to the machine, and its reverse, as words for `ip`.

use std::fmt;
use std::str::FromStr;

/// IP version, as `ip` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const BOTH: [Self; 2] = [Self::V4, Self::V6];

    fn flag(self) -> &'static str {
        match self {
            Self::V4 => "-4",
            Self::V6 => "-6",
        }
    }
}

/// What a step adds and its reverse deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    Address,
    Route,
    Rule,
}

impl Object {
    fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Route => "route",
            Self::Rule => "rule",
        }
    }
}

/// One thing to add by `ip FAMILY OBJECT add WORDS`, and to take back by `ip FAMILY OBJECT del WORDS`.
///
/// As text it is a line of the state file: `-4 rule pref 18501 ipproto udp dport 53 lookup 18519`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    family: Family,
    object: Object,
    words: String,
}

/// A line of a state file that no Hushwall wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a step")]
pub(crate) struct NotAStep;

impl Step {
    pub(crate) fn new(family: Family, object: Object, words: impl Into<String>) -> Self {
        Self {
            family,
            object,
            words: words.into(),
        }
    }

    /// The arguments for `ip` that make the change.
    pub(crate) fn make(&self) -> Vec<&str> {
        self.arguments("add")
    }

    /// The arguments for `ip` that take it back.
    pub(crate) fn take_back(&self) -> Vec<&str> {
        self.arguments("del")
    }

    fn arguments(&self, verb: &'static str) -> Vec<&str> {
        [self.family.flag(), self.object.word(), verb]
            .into_iter()
            .chain(self.words.split(' '))
            .collect()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.family.flag(), self.object.word(), self.words)
    }
}

impl FromStr for Step {
    type Err = NotAStep;

    fn from_str(line: &str) -> Result<Self, NotAStep> {
        let mut parts = line.splitn(3, ' ');
        let family = match parts.next() {
            Some("-4") => Family::V4,
            Some("-6") => Family::V6,
            _ => return Err(NotAStep),
        };
        let object = match parts.next() {
            Some("address") => Object::Address,
            Some("route") => Object::Route,
            Some("rule") => Object::Rule,
            _ => return Err(NotAStep),
        };
        let words = parts.next().ok_or(NotAStep)?;
        let plain = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
        };
        if !words.split(' ').all(plain) {
            return Err(NotAStep);
        }
        Ok(Self::new(family, object, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "-4 rule pref 18501 ipproto udp dport 53 lookup 18519";

    #[test]
    fn step_and_its_line_are_the_same() {
        let step: Step = LINE.parse().unwrap();
        assert_eq!(step.to_string(), LINE);
        assert_eq!(
            step.make().join(" "),
            "-4 rule add pref 18501 ipproto udp dport 53 lookup 18519"
        );
        assert_eq!(
            step.take_back().join(" "),
            "-4 rule del pref 18501 ipproto udp dport 53 lookup 18519"
        );
    }

    #[test]
    fn line_that_is_no_step_is_refused() {
        for bad in [
            "",
            "-4",
            "-4 rule",
            "-5 rule pref 1",
            "-4 link set down",
            "-4 rule pref  1",
            "-4 rule ; reboot",
        ] {
            assert_eq!(bad.parse::<Step>(), Err(NotAStep), "{bad:?}");
        }
    }

    #[test]
    fn every_truncation_and_flip_is_a_step_or_refused() {
        for end in 0..LINE.len() {
            let _ = LINE[..end].parse::<Step>();
        }
        for at in 0..LINE.len() {
            for bit in 0..7 {
                let mut bytes = LINE.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let line = String::from_utf8(bytes).unwrap();
                if let Ok(step) = line.parse::<Step>() {
                    assert_eq!(step.to_string(), line);
                }
            }
        }
    }
}
