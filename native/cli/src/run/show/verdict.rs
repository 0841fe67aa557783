//! A verdict, as it is shown: who decided, on what, by which rule.

use std::borrow::Cow;
use std::fmt::Write as _;

use blocklist::{Action, Because, RuleId, Rules};
use engine::{Seen, Transport, VerdictEvent};

/// A verdict with its rule looked up. Borrowed: one is made per line, not per flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    pub(super) blocked: bool,
    pub(super) seen: Seen,
    pub(super) transport: Transport,
    /// The name that was judged, or the far end where there was none.
    pub(super) what: Cow<'a, str>,
    /// The tier, in one word that only grows in meaning: part of the JSON format.
    pub(super) tier: &'static str,
    pub(super) rule: Option<&'a str>,
    pub(super) list: Option<&'a str>,
    pub(super) why: &'a str,
}

impl<'a> Shown<'a> {
    pub(super) fn new(verdict: &'a VerdictEvent, rules: &'a Rules) -> Self {
        let (tier, id) = tier(verdict.reason.because);
        let rule = id.and_then(|id| rules.rule(id));
        let what = match &verdict.reason.name {
            Some(name) => Cow::Borrowed(name.as_str()),
            None => Cow::Owned(verdict.remote.to_string()),
        };
        Self {
            blocked: verdict.action == Action::Block,
            seen: verdict.reason.seen,
            transport: verdict.transport,
            what,
            tier,
            rule: rule.map(|rule| rule.id),
            list: rule.map(|rule| rule.list_title),
            why: rule.map_or("", |rule| rule.what),
        }
    }
}

fn tier(because: Because) -> (&'static str, Option<RuleId>) {
    match because {
        Because::AppRule(id) => ("app_rule", Some(id)),
        Because::OwnerAllow(id) => ("owner_allow", Some(id)),
        Because::OwnerBlock(id) => ("owner_block", Some(id)),
        Because::Essential(id) => ("essential", Some(id)),
        Because::Feature(id) => ("feature", Some(id)),
        Because::List(id) => ("list", Some(id)),
        Because::NoRule => ("no_rule", None),
    }
}

/// What decided, as the JSON format has it.
pub(super) fn seen_word(seen: Seen) -> &'static str {
    match seen {
        Seen::Query => "dns_question",
        Seen::Cname => "dns_alias",
        Seen::Target => "dns_target",
        Seen::Sni => "tls_server_name",
        Seen::Quic => "quic_server_name",
        Seen::Host => "http_host",
        Seen::Address => "address",
    }
}

/// What decided, for people.
pub(super) fn seen_phrase(seen: Seen) -> &'static str {
    match seen {
        Seen::Query => "DNS question",
        Seen::Cname => "DNS alias",
        Seen::Target => "DNS target",
        Seen::Sni => "server name",
        Seen::Quic => "QUIC name",
        Seen::Host => "HTTP host",
        Seen::Address => "address",
    }
}

/// Text that a stranger chose, safe for a terminal: nothing but printable ASCII, the rest as `\u{...}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if matches!(letter, ' '..='~') {
            safe.push(letter);
        } else {
            let _ = write!(safe, "{}", letter.escape_unicode());
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_cannot_steer_the_terminal() {
        assert_eq!(printable("a.example"), "a.example");
        assert_eq!(
            printable("\u{1b}[2Ja\r\n\u{202e}\u{7f}"),
            "\\u{1b}[2Ja\\u{d}\\u{a}\\u{202e}\\u{7f}"
        );
    }
}
