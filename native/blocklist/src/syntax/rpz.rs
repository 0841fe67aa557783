//! Response policy zones (draft-vixie-dnsop-dns-rpz): a zone file whose owners are names, or addresses under `rpz-ip`.
//! `name CNAME .` is the name alone, `*.name CNAME .` all beneath it. The most specific record wins.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::dnsmasq::says_nothing;
use super::{Event, rule};
use crate::address::Network;
use crate::line::{Pattern, Reach, Skip, Target, Tone};

/// Whether a line can only be a zone file's.
pub(super) fn is_record(line: &str) -> bool {
    let is_kind = |word: &str| {
        ["SOA", "CNAME"]
            .iter()
            .any(|kind| word.eq_ignore_ascii_case(kind))
    };
    let words = line.split_ascii_whitespace().skip(1).take(3);
    let mut words = words.take_while(|word| !word.starts_with('#'));
    line.starts_with("$TTL") || line.starts_with("$ORIGIN") || words.any(is_kind)
}

/// A zone as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Zone {
    origin: String,
    /// The owner that a line beginning with white space takes up.
    owner: String,
    /// Within the parentheses that let a record go over several lines.
    open: bool,
}

impl Zone {
    /// Reads a line.
    pub(super) fn read(&mut self, line: &str, sink: &mut dyn FnMut(Event<'_>)) {
        let code = line.split(';').next().unwrap_or(line).trim_end();
        if self.open {
            self.open = !code.contains(')');
            return;
        }
        let mut words = code.split_ascii_whitespace();
        let Some(first) = words.next() else { return };
        if first.starts_with('$') {
            match (first.to_ascii_uppercase().as_str(), words.next()) {
                ("$ORIGIN", Some(origin)) => self.origin = bare(origin),
                ("$TTL", Some(_)) => {}
                _ => sink(Event::Skipped(Skip::Modifier, code)),
            }
            return;
        }
        self.open = code.contains('(') && !code.contains(')');
        if code.starts_with([' ', '\t']) {
            words = code.split_ascii_whitespace();
        } else {
            self.owner = first.to_ascii_lowercase();
        }
        let is_ttl_or_class = |word: &&str| {
            word.eq_ignore_ascii_case("IN") || word.starts_with(|digit: char| digit.is_ascii_digit())
        };
        let mut words = words.skip_while(is_ttl_or_class);
        let kind = words.next().unwrap_or("").to_ascii_uppercase();
        let data = words.next().unwrap_or("");
        match kind.as_str() {
            "SOA" => {
                if self.origin.is_empty() && self.owner.ends_with('.') {
                    self.origin = bare(&self.owner);
                }
            }
            "NS" | "TXT" | "DNSKEY" | "RRSIG" | "NSEC" => {}
            "CNAME" | "A" | "AAAA" => self.record(&kind, data, code.trim(), sink),
            "" => sink(Event::Bad(format!(
                "no record; write `{} CNAME .`",
                self.owner.trim_end_matches('.')
            ))),
            _ => sink(Event::Skipped(Skip::Redirect, code.trim())),
        }
    }

    fn record(&self, kind: &str, data: &str, code: &str, sink: &mut dyn FnMut(Event<'_>)) {
        let tone = match (kind, data.to_ascii_lowercase().as_str()) {
            ("CNAME", "." | "*." | "rpz-drop.") => Tone::Block,
            ("CNAME", "rpz-passthru.") => Tone::Except,
            ("CNAME", "rpz-tcp-only.") => return sink(Event::Skipped(Skip::Modifier, code)),
            ("A" | "AAAA", answer) if !answer.is_empty() && says_nothing(answer) => Tone::Block,
            ("CNAME", "") => {
                return sink(Event::Bad(
                    "a CNAME has a target; write `CNAME .` to block".into(),
                ));
            }
            _ => return sink(Event::Skipped(Skip::Redirect, code)),
        };
        let owner = match self.owner.strip_suffix('.') {
            None => self.owner.as_str(),
            Some(absolute) => match absolute.strip_suffix(&self.origin) {
                Some(owner) if !self.origin.is_empty() && owner.ends_with('.') => owner.trim_end_matches('.'),
                _ if self.origin.is_empty() => absolute,
                _ => {
                    let mend = "the owner is outside of the zone; leave its last dot out";
                    return sink(Event::Bad(format!("`{absolute}.`: {mend}")));
                }
            },
        };
        if let Some(trigger) = owner.strip_suffix(".rpz-ip") {
            match network(trigger) {
                Some(network) => sink(Event::Rule(Pattern {
                    text: code,
                    target: Target::Address(network),
                    tone,
                })),
                None => sink(Event::Bad(format!(
                    "`{trigger}` is no address; write the prefix length and the address backwards: `24.0.2.0.192.rpz-ip`"
                ))),
            }
        } else if ["rpz-client-ip", "rpz-nsdname", "rpz-nsip"]
            .iter()
            .any(|kind| owner.ends_with(kind))
        {
            sink(Event::Skipped(Skip::Modifier, code));
        } else if owner == "*" || owner == "@" {
            sink(Event::Skipped(Skip::Wildcard, code));
        } else if let Some(under) = owner.strip_prefix("*.") {
            rule(under, Reach::Below, tone, sink);
        } else {
            rule(owner, Reach::Exact, tone, sink);
        }
    }
}

fn bare(origin: &str) -> String {
    origin.trim_end_matches('.').to_ascii_lowercase()
}

/// `24.0.2.0.192`: prefix length and address backwards; in IPv6 `zz` stands for the longest run of zeros.
fn network(trigger: &str) -> Option<Network> {
    let (length, rest) = trigger.split_once('.')?;
    let parts: Vec<&str> = rest.split('.').rev().collect();
    let addr = if let [a, b, c, d] = parts.as_slice()
        && !parts.contains(&"zz")
    {
        let octets = [a.parse().ok()?, b.parse().ok()?, c.parse().ok()?, d.parse().ok()?];
        IpAddr::V4(Ipv4Addr::from(octets))
    } else {
        let text = parts.join(":").replace("zz", "");
        let text = match (text.starts_with(':'), text.ends_with(':')) {
            (true, true) => "::".to_owned(),
            (true, false) => format!(":{text}"),
            (false, true) => format!("{text}:"),
            (false, false) => text,
        };
        IpAddr::V6(text.parse::<Ipv6Addr>().ok()?)
    };
    Network::parse(&format!("{addr}/{length}"))?.ok()
}
