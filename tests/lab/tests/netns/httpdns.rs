//! An app asks a server in plain HTTP which addresses to use, and connects to them without a name.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, Record, TOLD, ordinary_v4, vendor_v4};

use crate::{client_words, ensure_said};

/// Tells addresses; its name is one of notifications.
const RESOLVER: &str = "resolver.msg.xiaomi.net";

/// An app asks with these words for curl, then talks to what it was told.
fn play(path: Path, words: &[&str]) -> Result<(Lab, u64, bool)> {
    let records = [Record::v4(RESOLVER, ordinary_v4(10))];
    let mut lab = Lab::start(Plan::new(path), &records, &[])?;
    lab.start_web(&[RESOLVER])?;
    let (telemetry, push) = (
        format!("{}:7000", vendor_v4(20)),
        format!("{}:5222", ordinary_v4(20)),
    );
    let _servers = [lab.serve(&["echo", &telemetry])?, lab.serve(&["echo", &push])?];
    let counters = lab.count(&[vendor_v4(20).into()])?;
    let url = format!("http://{RESOLVER}/gslb/?ver=4.0&type=wifi&list=app.chat.xiaomi.net");
    let answer = lab.curl(&[words, &[&url]].concat())?;
    ensure!(answer.stdout == TOLD, "the answer was changed: {answer:#?}");
    let sent = client_words(&lab, &["say", &telemetry, "what was tapped"]).is_ok();
    let pushed = client_words(&lab, &["say", &push, "what is new"])?;
    ensure!(pushed == ["said", "11"], "{pushed:?}");
    let packets = counters.packets()?.values().sum();
    Ok((lab, packets, sent))
}

#[test]
fn without_the_firewall_telemetry_finds_its_server() -> Result<()> {
    let (_, packets, sent) = play(Path::Plain, &[])?;
    ensure!(sent && packets > 0, "{packets} packets");
    Ok(())
}

#[test]
fn telemetry_does_not_reach_an_address_told_over_plain_http_and_notifications_do() -> Result<()> {
    // In the clear, and as Android's client asks for it by itself.
    for words in [&[][..], &["--compressed"]] {
        let (lab, packets, sent) = play(Path::Hushwall, words)?;
        ensure!(!sent && packets == 0, "{words:?}: {packets} packets");
        for (blocked, name) in [(true, "data.mistat.xiaomi.com"), (false, "app.chat.xiaomi.net")] {
            lab::until(&format!("a verdict on {name}"), Duration::from_secs(2), || {
                Ok(lab.hushwall()?.verdicts().iter().any(|verdict| {
                    verdict.blocked == blocked
                        && verdict.seen == "httpdns_address"
                        && verdict.name.as_deref() == Some(name)
                }))
            })?;
        }
    }
    Ok(())
}

#[test]
fn storms_stand_in_the_totals() -> Result<()> {
    let mut lab = Lab::start(Plan::new(Path::Hushwall), &[], &["--block", "log.example"])?;
    for _ in 0..3 {
        let answer = lab.phone_output("dig", &["+short", "+tries=1", "log.example", "A"])?;
        ensure_said(&answer, "0.0.0.0")?;
    }
    lab.kill_with_term(Duration::from_secs(5))?;
    let totals = lab.hushwall()?.stdout();
    for said in [
        r#""answered_here":3,"#,
        r#"{"name":"log.example","questions":3,"sent":0,"refusals":0,"apps":[]}"#,
    ] {
        ensure!(totals.contains(said), "no {said} in {totals}");
    }
    Ok(())
}
