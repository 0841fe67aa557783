//! Servers that refuse, cannot be reached, close one half, stall, or speak first.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Background, Lab, Path, Plan, Record, ordinary_v4, ordinary_v6};

use crate::client_words;

on_both_paths!(
    refused_connection_is_refused_at_once,
    refused_web_connection_is_refused_to_curl_at_once,
    unreachable_server_is_reported_as_unreachable,
    unreachable_server_is_reported_as_unreachable_over_ipv6,
    server_that_speaks_first_is_heard_at_once,
    server_that_speaks_first_on_a_web_port_is_heard,
    client_may_go_on_after_the_server_has_said_its_last_word,
    server_may_answer_after_the_client_has_said_its_last_word,
    text_without_a_line_end_arrives_before_the_last_word,
    stalled_server_holds_up_nobody_else,
);

/// Errors as Linux numbers them.
const ECONNREFUSED: &str = "111";
const EHOSTUNREACH: &str = "113";

fn lab(path: Path) -> Result<Lab> {
    let records = [Record::v4("closed.example", ordinary_v4(20))];
    Lab::start(Plan::new(path), &records, &[])
}

fn ensure_fails(lab: &Lab, to: &str, error: &str, within_ms: u64) -> Result<()> {
    let words = client_words(lab, &["connect", to])?;
    let [what, number, took] = words.as_slice() else {
        anyhow::bail!("the client said {words:?}")
    };
    ensure!(
        what == "failed" && number == error,
        "expected error {error}, saw {words:?}"
    );
    ensure!(took.parse::<u64>()? <= within_ms, "it took {took} ms");
    Ok(())
}

fn refused_connection_is_refused_at_once(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_fails(&lab, &format!("{}:7999", ordinary_v4(10)), ECONNREFUSED, 500)?;
    ensure_fails(&lab, &format!("[{}]:7999", ordinary_v6(10)), ECONNREFUSED, 500)
}

fn refused_web_connection_is_refused_to_curl_at_once(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let page = lab.curl(&["https://closed.example/"])?;
    // 7: could not connect.
    ensure!(page.code == 7, "{page:#?}");
    ensure!(page.took < Duration::from_secs(1), "{page:#?}");
    Ok(())
}

fn unreachable_server_is_reported_as_unreachable(path: Path) -> Result<()> {
    let lab = lab(path)?;
    lab.reject_packets(ordinary_v4(21))?;
    ensure_fails(&lab, &format!("{}:7000", ordinary_v4(21)), EHOSTUNREACH, 1500)
}

fn unreachable_server_is_reported_as_unreachable_over_ipv6(path: Path) -> Result<()> {
    let lab = lab(path)?;
    lab.reject_packets(ordinary_v6(21))?;
    ensure_fails(&lab, &format!("[{}]:7000", ordinary_v6(21)), EHOSTUNREACH, 1500)
}

fn server_that_speaks_first_is_heard_at_once(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("{}:25", ordinary_v4(10)));
    let _server = lab.serve(&["hello", &at])?;
    let words = client_words(&lab, &["hello", &at])?;
    ensure!(
        words[1].parse::<u64>()? <= 200,
        "the first word took {} ms",
        words[1]
    );
    Ok(())
}

fn server_that_speaks_first_on_a_web_port_is_heard(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("{}:443", ordinary_v4(10)));
    let _server = lab.serve(&["hello", &at])?;
    let words = client_words(&lab, &["hello", &at])?;
    // On this port a name is waited for, 300 ms.
    ensure!(
        words[1].parse::<u64>()? <= 800,
        "the first word took {} ms",
        words[1]
    );
    Ok(())
}

fn client_may_go_on_after_the_server_has_said_its_last_word(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("{}:7000", ordinary_v4(10)));
    let mut server = lab.serve(&["half-close", &at])?;
    let sent = client_words(&lab, &["after-goodbye", &at, "3000000"])?;
    let received = server.wait_for_line("received", Duration::from_secs(5))?;
    ensure!(
        received == format!("received {} {}", sent[1], sent[2]),
        "sent {sent:?}, the server {received}"
    );
    Ok(())
}

fn server_may_answer_after_the_client_has_said_its_last_word(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("{}:7000", ordinary_v4(10)));
    let _server = lab.serve(&["hash", &at])?;
    client_words(&lab, &["upload", &at, "1000"]).map(drop)
}

fn text_without_a_line_end_arrives_before_the_last_word(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("{}:7000", ordinary_v4(10)));
    let _server = lab.serve(&["echo", &at])?;
    // Each could be the start of an HTTP request, until its end shows that it is none.
    for text in ["x", "hello world", "hello world twice"] {
        client_words(&lab, &["say", &at, text]).with_context(|| format!("saying {text:?}"))?;
    }
    Ok(())
}

fn stalled_server_holds_up_nobody_else(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let (stalled, lively) = (
        format!("{}:7000", ordinary_v4(10)),
        format!("{}:7001", ordinary_v4(10)),
    );
    let (mut server, _echo) = (lab.serve(&["stall", &stalled])?, lab.serve(&["echo", &lively])?);
    let before = lab.hushwall().and_then(lab::Hushwall::anonymous_memory);
    let mut client = Background::start(
        &mut lab.client(&["upload", &stalled, "50000000"])?,
        lab.directory(),
        "stalled-client",
    )?;
    server.wait_for_line("accepted", Duration::from_secs(5))?;
    server.signal("STOP")?;
    for _ in 0..3 {
        client_words(&lab, &["flows", &lively, "20"]).context("flows beside the stalled one")?;
    }
    if let (Ok(before), Ok(hushwall)) = (before, lab.hushwall()) {
        let held = hushwall.anonymous_memory()?.saturating_sub(before);
        ensure!(held < 8 << 10, "{held} kB are held");
    }
    server.signal("CONT")?;
    client
        .wait_for_line("passed 50000000", Duration::from_secs(20))
        .map(drop)
}
