//! `--json`: one object a line. The fields are a promise, kept in JSON.md: they only grow.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use engine::VerdictEvent;
use serde::Serialize;
use tunnel::Snapshot;

use crate::verdict::{Shown, ech_word, seen_word, transport_word};

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Started {
        time: f64,
        device: &'a str,
        rules: usize,
    },
    Verdict(Box<VerdictLine<'a>>),
    Outage {
        time: f64,
        seconds: f64,
    },
    Lost {
        time: f64,
        count: u64,
    },
    Outstanding {
        time: f64,
        name: &'a str,
        seconds: f64,
    },
    Totals(Totals<'a>),
}

#[derive(Debug, Serialize)]
struct VerdictLine<'a> {
    time: f64,
    action: &'static str,
    transport: &'static str,
    seen: &'static str,
    name: Option<&'a str>,
    ech: Option<&'static str>,
    record_type: Option<u16>,
    app: SocketAddr,
    remote: SocketAddr,
    owner: Option<u32>,
    tier: &'static str,
    rule: Option<&'a str>,
    list: Option<&'a str>,
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Totals<'a> {
    time: f64,
    allowed: u64,
    blocked: u64,
    questions: u64,
    answered_here: u64,
    bytes_up: u64,
    bytes_down: u64,
    packets_in: u64,
    packets_out: u64,
    discarded: u64,
    quic_unread: u64,
    hello_unread: u64,
    panics: u64,
    asked_most: Vec<Asked<'a>>,
}

#[derive(Debug, Serialize)]
struct Asked<'a> {
    name: &'a str,
    questions: u64,
    sent: u64,
    refusals: u64,
    /// Numbers of apps, and how often each.
    apps: Vec<(u32, u64)>,
}

/// Writes that the firewall works.
pub(super) fn write_started(out: &mut impl Write, time: f64, device: &str, rules: usize) -> io::Result<()> {
    write(out, &Line::Started { time, device, rules })
}

/// Writes a verdict.
pub(super) fn write_verdict(
    out: &mut impl Write,
    time: f64,
    verdict: &VerdictEvent,
    shown: &Shown<'_>,
) -> io::Result<()> {
    let line = VerdictLine {
        time,
        action: if shown.blocked { "block" } else { "allow" },
        transport: transport_word(shown.transport),
        seen: seen_word(shown.seen, shown.transport),
        name: verdict.reason.name.as_ref().map(|name| name.as_str()),
        ech: verdict.reason.ech.map(ech_word),
        record_type: verdict.record_type,
        app: verdict.app,
        remote: verdict.remote,
        owner: verdict.owner.map(|app| app.0),
        tier: shown.tier,
        rule: shown.rule,
        list: shown.list,
        why: Some(shown.why).filter(|why| !why.is_empty()),
    };
    write(out, &Line::Verdict(Box::new(line)))
}

/// Writes that protection was absent.
pub(super) fn write_outage(out: &mut impl Write, time: f64, lasted: Duration) -> io::Result<()> {
    write(
        out,
        &Line::Outage {
            time,
            seconds: lasted.as_secs_f64(),
        },
    )
}

/// Writes that verdicts came faster than they could be written.
pub(super) fn write_lost(out: &mut impl Write, time: f64, count: u64) -> io::Result<()> {
    write(out, &Line::Lost { time, count })
}

/// Writes that a name was allowed whose refusal may be remembered.
pub(super) fn write_outstanding(
    out: &mut impl Write,
    time: f64,
    name: &str,
    left: Duration,
) -> io::Result<()> {
    write(
        out,
        &Line::Outstanding {
            time,
            name,
            seconds: left.as_secs_f64(),
        },
    )
}

/// Writes the totals of the run.
pub(super) fn write_totals(out: &mut impl Write, time: f64, snapshot: &Snapshot) -> io::Result<()> {
    let stats = &snapshot.engine;
    let asked_most = snapshot.asked_most.iter().map(|asked| Asked {
        name: &asked.what,
        questions: asked.questions,
        sent: asked.sent,
        refusals: asked.refusals,
        apps: asked.apps.iter().map(|(app, count)| (app.0, *count)).collect(),
    });
    write(
        out,
        &Line::Totals(Totals {
            time,
            allowed: stats.allowed,
            blocked: stats.blocked,
            questions: stats.questions,
            answered_here: stats.answered_here,
            bytes_up: stats.bytes_up,
            bytes_down: stats.bytes_down,
            packets_in: stats.packets_in,
            packets_out: stats.packets_out,
            discarded: stats.discarded.iter().sum(),
            quic_unread: stats.quic_unread,
            hello_unread: stats.hello_unread,
            panics: snapshot.tunnel.panics,
            asked_most: asked_most.collect(),
        }),
    )
}

fn write(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use blocklist::{Action, Because, RuleId};
    use engine::{Reason, Seen, Timestamp, Transport};
    use wire::Name;

    use super::*;

    fn verdict(name: &str) -> VerdictEvent {
        VerdictEvent {
            at: Timestamp::ZERO,
            transport: Transport::Dns,
            action: Action::Block,
            reason: Reason {
                ech: None,
                because: Because::List(RuleId(1)),
                seen: Seen::Query,
                name: Some(Name::from_text(name)),
            },
            app: "10.0.0.2:4711".parse().unwrap(),
            remote: "[2620:fe::fe]:53".parse().unwrap(),
            owner: None,
            record_type: Some(28),
        }
    }

    fn shown(verdict: &VerdictEvent) -> Shown<'_> {
        Shown {
            blocked: true,
            seen: Seen::Query,
            transport: Transport::Dns,
            what: Cow::Borrowed(verdict.reason.name.as_ref().unwrap().as_str()),
            tier: "list",
            rule: Some("onetrack/tracking"),
            list: Some("Built-in"),
            why: "OneTrack usage reports",
        }
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn verdict_has_the_promised_fields() {
        let verdict = verdict("tracking.example");
        assert_eq!(
            text(|out| write_verdict(out, 1.5, &verdict, &shown(&verdict))),
            concat!(
                r#"{"kind":"verdict","time":1.5,"action":"block","transport":"dns","seen":"dns_question","#,
                r#""name":"tracking.example","ech":null,"record_type":28,"app":"10.0.0.2:4711","remote":"[2620:fe::fe]:53","#,
                r#""owner":null,"tier":"list","rule":"onetrack/tracking","list":"Built-in","#,
                r#""why":"OneTrack usage reports"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn other_kinds_have_the_promised_fields() {
        assert_eq!(
            text(|out| write_started(out, 1.0, "t", 3)),
            "{\"kind\":\"started\",\"time\":1.0,\"device\":\"t\",\"rules\":3}\n"
        );
        assert_eq!(
            text(|out| write_lost(out, 1.0, 3)),
            "{\"kind\":\"lost\",\"time\":1.0,\"count\":3}\n"
        );
        assert_eq!(
            text(|out| write_outage(out, 1.0, Duration::from_millis(250))),
            "{\"kind\":\"outage\",\"time\":1.0,\"seconds\":0.25}\n"
        );
    }

    #[test]
    fn every_field_and_kind_is_documented() {
        let document = include_str!("../../../JSON.md");
        let verdict = verdict("tracking.example");
        let lines = [
            text(|out| write_started(out, 0.0, "t", 3)),
            text(|out| write_verdict(out, 0.0, &verdict, &shown(&verdict))),
            text(|out| write_outage(out, 0.0, Duration::ZERO)),
            text(|out| write_lost(out, 0.0, 3)),
            text(|out| write_outstanding(out, 0.0, "a.example", Duration::from_secs(9))),
            text(|out| {
                let snapshot = Snapshot {
                    engine: engine::Stats::default(),
                    tunnel: tunnel::TunnelStats::default(),
                    asked_most: Vec::new(),
                };
                write_totals(out, 0.0, &snapshot)
            }),
        ];
        for line in lines {
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            let kind = value["kind"].as_str().unwrap();
            for word in value
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .chain([kind])
            {
                assert!(
                    document.contains(&format!("`{word}`")),
                    "JSON.md does not say what `{word}` is"
                );
            }
        }
    }

    #[test]
    fn hostile_name_stays_one_line_and_one_string() {
        let verdict = verdict("a\"\n\u{1b}\u{0}b");
        let line = text(|out| write_verdict(out, 0.0, &verdict, &shown(&verdict)));
        assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["name"], "a\"\n\u{1b}\u{0}b");
    }
}
