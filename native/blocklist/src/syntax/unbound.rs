//! unbound: `local-zone: "name" always_nxdomain`, for a name and all beneath it, and `local-data: "name A 0.0.0.0"`, for
//! a name alone. The most specific line wins.

use super::dnsmasq::{first_word, says_nothing};
use super::{Event, rule};
use crate::line::{Reach, Skip, Tone};

/// Whether a line can only be unbound's.
pub(super) fn is_rule(line: &str) -> bool {
    ["local-zone:", "local-data:", "server:"]
        .iter()
        .any(|key| line.starts_with(key))
}

/// The sections of unbound's file; each stands alone on its line.
const SECTIONS: [&str; 10] = [
    "server:",
    "remote-control:",
    "stub-zone:",
    "forward-zone:",
    "auth-zone:",
    "view:",
    "python:",
    "rpz:",
    "cachedb:",
    "dnscrypt:",
];

/// A zone of type `redirect` answers with its data: what it means is known when the data was read.
#[derive(Debug, Default)]
pub(super) struct Zones {
    redirect: Option<String>,
}

impl Zones {
    /// Reads a line.
    pub(super) fn read(&mut self, line: &str, sink: &mut dyn FnMut(Event<'_>)) {
        let code = line.split('#').next().unwrap_or(line).trim();
        if code.is_empty() || SECTIONS.contains(&code) {
            return;
        }
        match code.split_once(':') {
            Some(("local-zone", value)) => self.zone(value.trim(), code, sink),
            Some(("local-data", value)) => self.data(value.trim(), code, sink),
            Some((key, value)) if !key.contains(char::is_whitespace) && !value.is_empty() => {
                self.finish(sink);
                sink(Event::Skipped(Skip::Modifier, code));
            }
            _ => sink(Event::Bad(format!(
                "no rule of unbound; write `local-zone: \"{}\" always_nxdomain`",
                first_word(code)
            ))),
        }
    }

    /// The text has ended, or another zone begins.
    pub(super) fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(name) = self.redirect.take() {
            rule(&name, Reach::Subdomains, Tone::Block, sink);
        }
    }

    fn zone(&mut self, value: &str, code: &str, sink: &mut dyn FnMut(Event<'_>)) {
        self.finish(sink);
        let mut words = value.split_ascii_whitespace();
        let name = words.next().unwrap_or("").trim_matches(['"', '\'']);
        let kind = words.next().unwrap_or("");
        if name == "." {
            return sink(Event::Skipped(Skip::Wildcard, code));
        }
        match kind {
            "always_nxdomain" | "always_refuse" | "always_null" | "always_nodata" | "always_deny"
            | "static" | "refuse" | "deny" | "inform_deny" => {
                rule(name, Reach::Subdomains, Tone::Block, sink)
            }
            "redirect" | "inform_redirect" => self.redirect = Some(name.to_owned()),
            "transparent" | "always_transparent" | "typetransparent" | "inform" | "nodefault" => {
                rule(name, Reach::Subdomains, Tone::Except, sink);
            }
            "" => sink(Event::Bad(format!(
                "a zone says how it is answered; write `local-zone: \"{name}\" always_nxdomain`"
            ))),
            _ => sink(Event::Skipped(Skip::Modifier, code)),
        }
    }

    fn data(&mut self, value: &str, code: &str, sink: &mut dyn FnMut(Event<'_>)) {
        let mut words = value.trim_matches(['"', '\'']).split_ascii_whitespace();
        let name = words.next().unwrap_or("").trim_end_matches('.');
        let mut words = words.skip_while(|word| *word == "IN" || word.bytes().all(|b| b.is_ascii_digit()));
        let (kind, answer) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let is_block = matches!(kind, "A" | "AAAA") && !answer.is_empty() && says_nothing(answer);
        let is_redirect = self
            .redirect
            .as_deref()
            .is_some_and(|zone| zone.trim_end_matches('.').eq_ignore_ascii_case(name));
        match (is_block, is_redirect) {
            (true, true) => self.finish(sink),
            (true, false) => rule(name, Reach::Exact, Tone::Block, sink),
            (false, true) => {
                self.redirect = None;
                sink(Event::Skipped(Skip::Redirect, code));
            }
            (false, false) => sink(Event::Skipped(Skip::Redirect, code)),
        }
    }
}
