//! dnsmasq: `address=/name/`, `server=/name/`, `local=/name/`. A name stands for itself and all beneath it; the most
//! specific line wins.

use super::{Event, rule};
use crate::line::{Pattern, Reach, Skip, Target, Tone};
use crate::wildcard::{Start, Wildcard};

/// Whether a line can only be dnsmasq's.
pub(super) fn is_rule(line: &str) -> bool {
    ["address=/", "server=/", "local=/", "host-record="]
        .iter()
        .any(|key| line.starts_with(key))
}

/// Reads a line.
pub(super) fn read<'a>(line: &'a str, sink: &mut dyn FnMut(Event<'a>)) {
    let code = without_comment(line);
    if code.is_empty() {
        return;
    }
    let Some((key, value)) = code.split_once('=') else {
        sink(match code.split_ascii_whitespace().count() {
            // Switches, such as `no-resolv`.
            1 if !code.contains('.') => Event::Skipped(Skip::Modifier, code),
            _ => Event::Bad(format!(
                "no rule of dnsmasq; write `address=/{}/`",
                first_word(code)
            )),
        });
        return;
    };
    match key.trim() {
        key @ ("address" | "server" | "local") => names(key, value.trim(), code, sink),
        "host-record" => host_record(value.trim(), code, sink),
        "cname" => sink(Event::Skipped(Skip::Redirect, code)),
        _ => sink(Event::Skipped(Skip::Modifier, code)),
    }
}

/// `/name/name/answer`.
fn names<'a>(key: &str, value: &'a str, code: &'a str, sink: &mut dyn FnMut(Event<'a>)) {
    let Some((names, answer)) = value.strip_prefix('/').and_then(|value| value.rsplit_once('/')) else {
        sink(if key == "server" || key == "local" {
            // A resolver for all names.
            Event::Skipped(Skip::Modifier, code)
        } else {
            Event::Bad(format!(
                "names stand between slashes; write `{key}=/{}/`",
                first_word(value)
            ))
        });
        return;
    };
    let tone = match (key, answer) {
        ("address", answer) if answer == "#" || says_nothing(answer) => Tone::Block,
        ("server" | "local", "") => Tone::Block,
        ("server" | "local", "#") => Tone::Except,
        _ => {
            sink(Event::Skipped(Skip::Redirect, code));
            return;
        }
    };
    for name in names.split('/') {
        if name == "#" || name.is_empty() {
            sink(Event::Skipped(Skip::Wildcard, code));
        } else if let Some(under) = name.strip_prefix("*.") {
            rule(under, Reach::Below, tone, sink);
        } else if let Some(tail) = name.strip_prefix('*') {
            sink(match Wildcard::new(Start::Anywhere, tail, true) {
                Some(wildcard) => Event::Rule(Pattern {
                    text: code,
                    target: Target::Wildcard(wildcard),
                    tone,
                }),
                None => Event::Skipped(Skip::Wildcard, code),
            });
        } else {
            rule(
                name.strip_prefix('.').unwrap_or(name),
                Reach::Subdomains,
                tone,
                sink,
            );
        }
    }
}

/// `host-record=name,name,address`: the names alone.
fn host_record<'a>(value: &'a str, code: &'a str, sink: &mut dyn FnMut(Event<'a>)) {
    let parts = || value.split(',').map(str::trim);
    let is_address = |part: &&str| part.parse::<std::net::IpAddr>().is_ok();
    if !parts().any(|part| is_address(&part)) || parts().filter(is_address).any(|part| !says_nothing(part)) {
        sink(Event::Skipped(Skip::Redirect, code));
        return;
    }
    for name in parts().filter(|part| !is_address(part) && part.parse::<u32>().is_err()) {
        rule(name, Reach::Exact, Tone::Block, sink);
    }
}

/// Whether an answer leads nowhere.
pub(super) fn says_nothing(answer: &str) -> bool {
    answer.is_empty()
        || answer
            .parse::<std::net::IpAddr>()
            .is_ok_and(|addr| addr.is_unspecified() || addr.is_loopback())
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    // A `#` within a rule is an answer; one behind white space, or first, begins a comment.
    let is_comment =
        |at: &usize| *at == 0 || line.as_bytes().get(at - 1).is_some_and(u8::is_ascii_whitespace);
    let cut = line.match_indices('#').map(|(at, _)| at).find(is_comment);
    line.get(..cut.unwrap_or(line.len())).unwrap_or(line).trim_end()
}

pub(super) fn first_word(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or("example.com")
}
