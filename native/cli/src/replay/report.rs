//! What was seen, as lines for machines or as a table for people.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use blocklist::Rules;
use engine::{Seen, Sighting};
use serde::Serialize;

use super::Tally;
use crate::counted::counted;
use crate::verdict::{Shown, ech_word, printable, seen_word, transport_word};

/// Names of a capture in the form that was asked for.
#[derive(Debug)]
pub(super) enum Report {
    /// `--names`.
    Names,
    /// `--json`.
    Json,
    /// A table at the end: rows by verdict and name, blocked ones first.
    Table(BTreeMap<(bool, String), Row>),
}

/// One name in the table.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// How often, by where it stood.
    counts: BTreeMap<&'static str, u64>,
    reason: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Verdict(Box<VerdictLine<'a>>),
    Capture {
        file: &'a str,
        packets: u64,
        names: u64,
        malformed: u64,
        not_ip: u64,
    },
}

/// As `hushwall run --json` has it, with the file and where the name stood.
#[derive(Debug, Serialize)]
struct VerdictLine<'a> {
    time: f64,
    file: &'a str,
    found: &'static str,
    action: &'static str,
    transport: &'static str,
    seen: &'static str,
    name: &'a str,
    asked: Option<&'a str>,
    ech: Option<&'static str>,
    app: String,
    remote: String,
    tier: &'static str,
    rule: Option<&'a str>,
    list: Option<&'a str>,
    why: Option<&'a str>,
}

impl Report {
    pub(super) const fn new(names: bool, json: bool) -> Self {
        match (names, json) {
            (true, _) => Self::Names,
            (_, true) => Self::Json,
            _ => Self::Table(BTreeMap::new()),
        }
    }

    /// A name was seen.
    pub(super) fn sighting(
        &mut self,
        out: &mut impl Write,
        file: &str,
        sighting: &Sighting,
        rules: &Rules,
    ) -> io::Result<()> {
        let kind = kind(sighting.seen);
        let (name, client) = (sighting.name.as_str(), sighting.client);
        match self {
            Self::Names if is_answer(sighting) => Ok(()),
            Self::Names => {
                let name = as_shown(name);
                writeln!(out, "{file}\t{kind}\t{name}\t{}\t{}", client.ip(), client.port())
            }
            Self::Json => {
                let shown = Shown::of_sighting(sighting, rules);
                let line = VerdictLine {
                    time: sighting.at.as_micros() as f64 / 1e6,
                    file,
                    found: kind,
                    action: if shown.blocked { "block" } else { "allow" },
                    transport: transport_word(shown.transport),
                    seen: seen_word(shown.seen, shown.transport),
                    name: sighting
                        .reason
                        .name
                        .as_ref()
                        .map_or(name, |judged| judged.as_str()),
                    asked: is_answer(sighting).then_some(name),
                    ech: sighting.reason.ech.map(ech_word),
                    app: client.to_string(),
                    remote: sighting.remote.to_string(),
                    tier: shown.tier,
                    rule: shown.rule,
                    list: shown.list,
                    why: Some(shown.why).filter(|why| !why.is_empty()),
                };
                write_json(out, &Line::Verdict(Box::new(line)))
            }
            Self::Table(rows) => {
                let row = rows
                    .entry((!sighting.verdict.is_block(), name.to_owned()))
                    .or_insert_with(|| Row {
                        counts: BTreeMap::new(),
                        reason: reason(sighting, rules),
                    });
                *row.counts.entry(kind).or_default() += 1;
                Ok(())
            }
        }
    }

    /// A capture was read.
    pub(super) fn end(&self, out: &mut impl Write, file: &str, tally: &Tally) -> io::Result<()> {
        let &Tally {
            packets,
            not_ip,
            malformed,
            names,
        } = tally;
        match self {
            Self::Names if names == 0 => writeln!(out, "{file}\t-\t-"),
            Self::Json => write_json(
                out,
                &Line::Capture {
                    file,
                    packets,
                    names,
                    malformed,
                    not_ip,
                },
            ),
            Self::Names | Self::Table(_) => Ok(()),
        }
    }

    /// All captures were read.
    pub(super) fn finish(&self, out: &mut impl Write, total: &Tally) -> io::Result<()> {
        let Self::Table(rows) = self else { return Ok(()) };
        if rows.is_empty() {
            return writeln!(out, "no names in {}", counted(total.packets, "packet"));
        }
        let width = rows.keys().map(|(_, name)| name.len()).max().unwrap_or(0).min(48);
        for ((allowed, name), Row { counts, reason }) in rows {
            let counts: Vec<_> = counts
                .iter()
                .map(|(kind, count)| format!("{kind} {count}"))
                .collect();
            let line = format!(
                "{}  {name:<width$}  {:<24}  {reason}",
                action(!allowed),
                counts.join(", ")
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        let blocked = rows.keys().filter(|(allowed, _)| !allowed).count();
        writeln!(
            out,
            "\n{}: {blocked} blocked, {} allowed",
            counted(rows.len(), "name"),
            rows.len() - blocked
        )
    }
}

/// A name as packet analysers show it, so that their output and ours can be laid side by side: the root as `<Root>`,
/// control characters as C escapes, bytes beyond ASCII as U+FFFD.
fn as_shown(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        return Cow::Borrowed("<Root>");
    }
    if !name.contains('\\') {
        return Cow::Borrowed(name);
    }
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, escape)) = rest.split_once('\\') {
        shown.push_str(before);
        let byte = escape.get(..3).and_then(|digits| digits.parse::<u8>().ok());
        let len = if byte.is_some() {
            3
        } else {
            escape.chars().next().map_or(0, char::len_utf8)
        };
        match (byte, escape.split_at(len)) {
            (None, ("\\", _)) => shown.push_str("\\\\"),
            (None, (itself, _)) => shown.push_str(itself),
            (Some(byte @ 0x20..=0x7e), _) => shown.push(char::from(byte)),
            (Some(0x07..=0x0d), _) => {
                let c = b"abtnvfr"[usize::from(byte.unwrap_or(0x07) - 0x07)];
                shown.extend(['\\', char::from(c)]);
            }
            (Some(byte @ (0..=0x1f | 0x7f)), _) => shown.push_str(&format!("\\{byte:03o}")),
            (Some(_), _) => shown.push(char::REPLACEMENT_CHARACTER),
        }
        rest = &escape[len..];
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

fn write_json(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}

/// Whether it is a verdict, but no name that a client said: an answer that is refused for one of its names, or a flow to an
/// address that was told in plain HTTP.
pub(super) const fn is_answer(sighting: &Sighting) -> bool {
    matches!(sighting.seen, Seen::Cname | Seen::Target | Seen::HttpDns)
}

/// Where a name stood, in the word of `--names`.
const fn kind(seen: Seen) -> &'static str {
    match seen {
        Seen::Query => "dns",
        Seen::Cname | Seen::Target => "dns_alias",
        Seen::Sni => "tls_sni",
        Seen::Quic | Seen::Unread => "quic_sni",
        Seen::Host => "http_host",
        Seen::Address => "address",
        Seen::HttpDns => "httpdns_address",
    }
}

const fn action(blocked: bool) -> &'static str {
    if blocked { "blocked" } else { "allowed" }
}

/// The rule in its own sentence, and where to find it. Nothing where no rule had a say.
fn reason(sighting: &Sighting, rules: &Rules) -> String {
    let Some(because) = Shown::of_sighting(sighting, rules).because() else {
        return String::new();
    };
    let by = match (sighting.reason.seen, &sighting.reason.name) {
        (Seen::Address, _) => "by its address: ".to_owned(),
        (Seen::Cname | Seen::Target, Some(alias)) => format!("by its alias {alias}: "),
        _ => String::new(),
    };
    format!("{by}{}", printable(&because))
}
