//! A verdict, as it is shown: who decided, on what, by which rule.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::SocketAddr;

use blocklist::{Action, Because, RuleId, Rules};
use engine::{Ech, Reason, Seen, Sighting, Transport, VerdictEvent};

/// DNS over TLS and over QUIC (RFC 7858 section 3.1, RFC 9250 section 4.1.1).
const ENCRYPTED_DNS_PORT: u16 = 853;

/// A verdict with its rule looked up. Borrowed: one is made per line, not per flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown<'a> {
    pub(crate) blocked: bool,
    pub(crate) seen: Seen,
    pub(crate) transport: Transport,
    /// The name that was judged, or the far end where there was none.
    pub(crate) what: Cow<'a, str>,
    /// The tier, in one word that only grows in meaning: part of the JSON format.
    pub(crate) tier: &'static str,
    pub(crate) rule: Option<&'a str>,
    pub(crate) list: Option<&'a str>,
    pub(crate) why: &'a str,
}

impl<'a> Shown<'a> {
    /// A verdict of the firewall.
    pub(crate) fn new(verdict: &'a VerdictEvent, rules: &'a Rules) -> Self {
        let blocked = verdict.action == Action::Block;
        Self::of(blocked, &verdict.reason, verdict.transport, verdict.remote, rules)
    }

    /// A verdict on a sighting in a capture.
    pub(crate) fn of_sighting(sighting: &'a Sighting, rules: &'a Rules) -> Self {
        let transport = match sighting.seen {
            Seen::Query | Seen::Cname | Seen::Target => Transport::Dns,
            Seen::Quic | Seen::Unread => Transport::Udp,
            Seen::Sni | Seen::Host | Seen::Address | Seen::HttpDns => Transport::Tcp,
        };
        Self::of(
            sighting.verdict.is_block(),
            &sighting.reason,
            transport,
            sighting.remote,
            rules,
        )
    }

    fn of(
        blocked: bool,
        reason: &'a Reason,
        transport: Transport,
        remote: SocketAddr,
        rules: &'a Rules,
    ) -> Self {
        let (tier, id) = tier(reason.because);
        let rule = id.and_then(|id| rules.rule(id));
        let what = match &reason.name {
            Some(name) => Cow::Borrowed(name.as_str()),
            None => Cow::Owned(remote.to_string()),
        };
        Self {
            blocked,
            seen: reason.seen,
            transport,
            what,
            tier,
            rule: rule.map(|rule| rule.id),
            list: rule.map(|rule| rule.list_title),
            why: match rule {
                Some(rule) => rule.what,
                None if blocked => without_a_rule(reason.seen, transport, remote.port()),
                None => "",
            },
        }
    }

    /// The rule in its own sentence, and where to find it. Without a rule, the setting that refused; nothing where neither had a
    /// say.
    pub(crate) fn because(&self) -> Option<String> {
        let Some(rule) = self.rule else {
            return Some(self.why).filter(|why| !why.is_empty()).map(str::to_owned);
        };
        let tier = match self.tier {
            "app_rule" => "your rule for this app",
            "owner_allow" => "you allowed it",
            "owner_block" => "you refused it",
            "essential" => "never refused",
            "feature" => "a feature in use",
            _ => "",
        };
        let sentence: Vec<&str> = [tier, self.why]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let source = match self.list {
            Some(list) if !list.is_empty() && self.tier == "list" => format!("{rule}, {list}"),
            _ => rule.to_owned(),
        };
        if sentence.is_empty() {
            return Some(source);
        }
        Some(format!("{} ({source})", sentence.join(": ")))
    }
}

/// Why something is refused that no rule is on.
const fn without_a_rule(seen: Seen, transport: Transport, port: u16) -> &'static str {
    match (seen, transport) {
        (Seen::Unread, Transport::Tcp) => "first bytes that no client sends: their name cannot be read",
        (Seen::Unread, _) => "QUIC whose name cannot be read is refused, so that the app falls back to TCP",
        (Seen::Quic, _) => "a rule for an app is on this name: on TCP the app is known",
        (Seen::Address, Transport::Tcp | Transport::Udp) if port == ENCRYPTED_DNS_PORT => {
            "encrypted DNS past your resolver is switched off"
        }
        _ => "",
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

/// How it travelled, as the JSON format has it.
pub(crate) const fn transport_word(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Dns => "dns",
        Transport::Icmp => "icmp",
    }
}

/// What decided, as the JSON format has it.
pub(crate) fn seen_word(seen: Seen, transport: Transport) -> &'static str {
    match seen {
        Seen::Query => "dns_question",
        Seen::Cname => "dns_alias",
        Seen::Target => "dns_target",
        Seen::Sni => "tls_server_name",
        Seen::Quic => "quic_server_name",
        Seen::Unread if transport == Transport::Tcp => "tcp_unread",
        Seen::Unread => "quic_unread",
        Seen::Host => "http_host",
        Seen::Address => "address",
        Seen::HttpDns => "httpdns_address",
    }
}

/// What an encrypted_client_hello extension is, as the JSON format has it.
pub(crate) const fn ech_word(ech: Ech) -> &'static str {
    match ech {
        Ech::Real => "real",
        Ech::Unknown => "unknown",
    }
}

/// What decided, for people.
pub(crate) fn seen_phrase(seen: Seen, transport: Transport) -> &'static str {
    match seen {
        Seen::Query => "DNS question",
        Seen::Cname => "DNS alias",
        Seen::Target => "DNS target",
        Seen::Sni => "server name",
        Seen::Quic => "QUIC name",
        Seen::Unread if transport == Transport::Tcp => "hello, unread",
        Seen::Unread => "QUIC, unread",
        Seen::Host => "HTTP host",
        Seen::Address => "address",
        Seen::HttpDns => "told address",
    }
}

/// Text that a stranger chose, safe for a terminal: nothing but printable ASCII, the rest as `\u{...}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
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
    use blocklist::{Preset, RulesBuilder};

    use super::*;

    #[test]
    fn what_a_setting_refuses_has_a_sentence_too() {
        let rules = RulesBuilder::new(Preset::None).build();
        let because = |blocked, seen, transport, remote: &str| {
            let reason = Reason {
                because: Because::NoRule,
                seen,
                name: None,
                ech: None,
            };
            Shown::of(blocked, &reason, transport, remote.parse().unwrap(), &rules).because()
        };
        let dot = because(true, Seen::Address, Transport::Tcp, "9.9.9.9:853").unwrap();
        assert_eq!(dot, "encrypted DNS past your resolver is switched off");
        let quic = because(true, Seen::Unread, Transport::Udp, "192.0.2.7:443").unwrap();
        assert!(quic.contains("falls back to TCP"), "{quic}");
        assert_eq!(because(false, Seen::Address, Transport::Tcp, "9.9.9.9:853"), None);
    }

    #[test]
    fn name_cannot_steer_the_terminal() {
        assert_eq!(printable("a.example"), "a.example");
        assert_eq!(
            printable("\u{1b}[2Ja\r\n\u{202e}\u{7f}"),
            "\\u{1b}[2Ja\\u{d}\\u{a}\\u{202e}\\u{7f}"
        );
    }
}
