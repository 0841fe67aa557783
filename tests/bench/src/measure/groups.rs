//! Groups of rows that are taken in one visit. What each figure is called: `ROW.WHAT@SETTING`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::peer::REFUSED;
use super::site::{Family, Site};

/// Allowed by everybody.
const ALLOWED: &str = "www.example.org";
/// What a stream of the paced row carries: 100 Mbit/s.
const PACED: u64 = 100_000_000 / 8;
/// Round trips, openings, greetings a row.
const TRIES: usize = 3_000;

/// Figures, each with its name.
pub(super) type Figures = Vec<(String, f64)>;

/// A group's size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Of each load that is measured by time.
    pub(super) seconds: f64,
    /// Divides what is measured by count.
    pub(super) divisor: usize,
}

fn number(value: &Value, path: &str) -> Result<f64> {
    value
        .pointer(path)
        .and_then(Value::as_f64)
        .with_context(|| format!("no {path} in {value}"))
}

/// Runs `load` and says what the peer, and a SOCKS server that it needs, spent meanwhile.
fn with_cpu(site: &Site, load: impl FnOnce() -> Result<Value>) -> Result<(Value, Duration, Duration)> {
    let relayed = || {
        site.relay()
            .map_or(Ok(Duration::ZERO), super::process::Process::cpu_of_all)
    };
    let (peer, relay) = (site.peer().cpu()?, relayed()?);
    let value = load()?;
    Ok((
        value,
        site.peer().cpu()?.saturating_sub(peer),
        relayed()?.saturating_sub(relay),
    ))
}

/// How often a load is repeated within a visit. One stream of large packets goes by which processor its four programs
/// happen to be on: from one try to the next it costs up to half more.
fn tries(setting: &str, streams: &str) -> usize {
    if setting.starts_with("9000") && streams == "1" {
        3
    } else {
        1
    }
}

/// TCP streams: CPU seconds a gigabyte, and what came through, over all tries.
pub(super) fn bulk(
    site: &Site,
    size: Size,
    family: Family,
    setting: &str,
    rows: &[&str],
    figures: &mut Figures,
) -> Result<()> {
    for row in rows {
        let (way, streams) = row.split_at(row.len() - 1);
        let (server, seconds) = (family.server(), size.seconds.to_string());
        let words = ["bulk", way, &server, streams, &seconds, "0"];
        let (mut gigabytes, mut took, mut stall) = (0.0, 0.0, 0.0_f64);
        let (mut cpu, mut relay) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..tries(setting, streams) {
            let (value, own, servers) = with_cpu(site, || site.load(&words))?;
            gigabytes += number(&value, "/bytes")? / 1e9;
            took += number(&value, "/seconds")?;
            stall = stall.max(number(&value, "/stall_ms")? / 1e3);
            cpu += own;
            relay += servers;
        }
        figures.push((format!("{row}.cpu@{setting}"), cpu.as_secs_f64() / gigabytes));
        figures.push((format!("{row}.gbit@{setting}"), gigabytes * 8.0 / took));
        figures.push((format!("{row}.stall@{setting}"), stall));
        if !relay.is_zero() {
            figures.push((format!("{row}.relay@{setting}"), relay.as_secs_f64() / gigabytes));
        }
    }
    Ok(())
}

/// QUIC-like datagrams: CPU seconds a gigabyte that arrived.
pub(super) fn datagrams(
    site: &Site,
    size: Size,
    family: Family,
    setting: &str,
    figures: &mut Figures,
) -> Result<()> {
    for way in ["up", "down"] {
        let (server, seconds) = (family.server(), size.seconds.to_string());
        let words = ["datagrams", way, &server, &seconds, ALLOWED];
        let (value, cpu, _) = with_cpu(site, || site.load(&words))?;
        let gigabytes = number(&value, "/bytes")? / 1e9;
        ensure!(gigabytes > 0.0, "no datagram arrived");
        figures.push((format!("udp{way}.cpu@{setting}"), cpu.as_secs_f64() / gigabytes));
        figures.push((
            format!("udp{way}.gbit@{setting}"),
            gigabytes * 8.0 / number(&value, "/seconds")?,
        ));
        let lost = number(&value, "/lost")? / number(&value, "/sent")?.max(1.0);
        figures.push((format!("udp{way}.lost@{setting}"), lost));
    }
    Ok(())
}

/// What a single round trip, opening, refusal and greeting takes, in microseconds; all on one processor.
pub(super) fn latency(site: &Site, size: Size, refuses: bool, figures: &mut Figures) -> Result<()> {
    let (server, tries) = (Family::V4.server(), (TRIES / size.divisor).to_string());
    let many = (4 * TRIES / size.divisor).to_string();
    let value = site.pinned_load(&["rr", &server, &many])?;
    figures.push(("rr.p50@1500".to_owned(), number(&value, "/p50")?));
    figures.push(("rr.p99@1500".to_owned(), number(&value, "/p99")?));
    let value = site.pinned_load(&["tls", &server, &tries, ALLOWED])?;
    figures.push(("tls.p50@1500".to_owned(), number(&value, "/answered/p50")?));
    let few = (TRIES / 10 / size.divisor).max(30).to_string();
    let value = site.pinned_load(&["banner", &server, &few])?;
    figures.push(("banner.p50@1500".to_owned(), number(&value, "/p50")?));
    if refuses {
        let value = site.pinned_load(&["tls", &server, &few, &format!("x.{REFUSED}")])?;
        figures.push(("reset.p50@1500".to_owned(), number(&value, "/reset/p50")?));
    }
    Ok(())
}

/// CPU of a connection, bare and with a ClientHello, in microseconds.
pub(super) fn connections(site: &Site, size: Size, figures: &mut Figures) -> Result<()> {
    let (server, seconds) = (Family::V4.server(), size.seconds.to_string());
    for at_once in ["1", "64"] {
        for (row, name) in [("conn", None), ("hello", Some(ALLOWED))] {
            let mut words = vec!["connect", &server, &seconds, at_once];
            words.extend(name);
            let (value, cpu, relay) = with_cpu(site, || site.pinned_load(&words))?;
            let ok = number(&value, "/ok")?;
            ensure!(ok > 0.0, "no connection came through: {value}");
            figures.push((format!("{row}{at_once}.cpu@1500"), cpu.as_secs_f64() * 1e6 / ok));
            if !relay.is_zero() {
                let relay = relay.as_secs_f64() * 1e6 / ok;
                figures.push((format!("{row}{at_once}.relay@1500"), relay));
            }
            figures.push((
                format!("{row}{at_once}.rate@1500"),
                ok / number(&value, "/seconds")?,
            ));
            figures.push((format!("{row}{at_once}.failed@1500"), number(&value, "/failed")?));
        }
    }
    Ok(())
}

/// CPU of a question, so many at once: forwarded and, where the peer refuses names, answered by itself; in microseconds.
pub(super) fn questions(
    site: &Site,
    size: Size,
    refuses: bool,
    at_once: &[&str],
    figures: &mut Figures,
) -> Result<()> {
    // Four descriptors of the SOCKS server's and two of the peer's stay open for a minute after each.
    let most = site.relay().map_or(usize::MAX, |_| 4_000);
    let (server, count) = (Family::V4.server(), (20_000 / size.divisor).min(most).to_string());
    for at_once in at_once {
        for (row, suffix) in [("dns", "names.example"), ("refused", REFUSED)] {
            if row == "refused" && !refuses {
                continue;
            }
            let words = ["ask", &server, &count, at_once, suffix];
            let (value, cpu, relay) = with_cpu(site, || site.pinned_load(&words))?;
            let (ok, refused) = (number(&value, "/ok")?, number(&value, "/refused")?);
            ensure!(ok > 0.0, "no question was answered: {value}");
            ensure!(
                refused == if row == "refused" { ok } else { 0.0 },
                "{refused} of {ok} questions for {suffix} were refused"
            );
            figures.push((format!("{row}{at_once}.cpu@1500"), cpu.as_secs_f64() * 1e6 / ok));
            if !relay.is_zero() {
                let relay = relay.as_secs_f64() * 1e6 / ok;
                figures.push((format!("{row}{at_once}.relay@1500"), relay));
            }
            figures.push((
                format!("{row}{at_once}.rate@1500"),
                ok / number(&value, "/seconds")?,
            ));
            figures.push((format!("{row}{at_once}.failed@1500"), number(&value, "/failed")?));
        }
    }
    Ok(())
}

/// A download of 100 Mbit/s: CPU seconds a second.
pub(super) fn paced(site: &Site, size: Size, figures: &mut Figures) -> Result<()> {
    let (server, rate) = (Family::V4.server(), PACED.to_string());
    let seconds = (2.0 * size.seconds).to_string();
    let (value, cpu, _) = with_cpu(site, || {
        site.load(&["bulk", "down", &server, "1", &seconds, &rate])
    })?;
    let took = number(&value, "/seconds")?;
    let carried = number(&value, "/bytes")? / took / PACED as f64;
    ensure!(carried > 0.9, "only {carried:.2} of 100 Mbit/s came through");
    figures.push(("paced.cpu@1500".to_owned(), cpu.as_secs_f64() / took));
    Ok(())
}

/// Memory with nothing, 1,000 and 2,000 open flows that said a ClientHello.
pub(super) fn memory(site: &Site, figures: &mut Figures) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(30);
    let idle = site.peer().memory()?;
    figures.push(("idle.rss@1500".to_owned(), idle.resident));
    figures.push(("idle.anon@1500".to_owned(), idle.anonymous));
    let (first, _) = held(site, 1_000, LIMIT)?;
    let one = site.peer().memory()?;
    figures.push(("flows1000.rss@1500".to_owned(), one.resident));
    figures.push(("flows1000.anon@1500".to_owned(), one.anonymous));
    let (second, _) = held(site, 1_000, LIMIT)?;
    let two = site.peer().memory()?;
    figures.push(("flow.anon@1500".to_owned(), (two.anonymous - one.anonymous) / 1e3));
    drop((first, second));
    Ok(())
}

/// That many open flows, all of which were answered.
pub(super) fn held(site: &Site, count: usize, limit: Duration) -> Result<(lab::Background, Value)> {
    let (held, value) = site.hold(count, ALLOWED, limit)?;
    ensure!(
        number(&value, "/held")? >= count as f64,
        "not all were answered: {value}"
    );
    Ok((held, value))
}

/// 20,000 flows at once, beyond the bound; memory on the way and at the end, and whether it works again afterwards.
pub(super) fn many_flows(site: &Site, figures: &mut Figures) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(110);
    let (flows, value) = site.hold(15_000, ALLOWED, LIMIT)?;
    let first = site.peer().memory()?.anonymous;
    let (more, second) = site.hold(5_000, ALLOWED, LIMIT)?;
    let end = site.peer().memory()?.anonymous;
    drop((flows, more));
    let both = |key: &str| Ok::<f64, anyhow::Error>(number(&value, key)? + number(&second, key)?);
    let again = site.wait_for_connection();
    figures.extend([
        ("many.held@1500".to_owned(), both("/held")?),
        ("many.failed@1500".to_owned(), both("/failed")?),
        ("many.anon15000@1500".to_owned(), first),
        ("many.anon@1500".to_owned(), end),
        ("many.again@1500".to_owned(), f64::from(u8::from(again.is_ok()))),
    ]);
    Ok(())
}

/// Connections as fast as they go: memory after each sixth of the time, and failures.
pub(super) fn endurance(site: &Site, seconds: f64, figures: &mut Figures) -> Result<()> {
    const PARTS: u32 = 6;
    let (server, part) = (Family::V4.server(), (seconds / f64::from(PARTS)).to_string());
    let (mut ok, mut failed, mut memory) = (0.0, 0.0, Vec::new());
    let from = Instant::now();
    for number_of_part in 1..=PARTS {
        let value = site.load(&["connect", &server, &part, "64", ALLOWED])?;
        ok += number(&value, "/ok")?;
        failed += number(&value, "/failed")?;
        let anonymous = site.peer().memory()?.anonymous;
        let second = seconds * f64::from(number_of_part) / f64::from(PARTS);
        figures.push((format!("endurance.anon@{second}"), anonymous));
        memory.push(anonymous);
    }
    for (key, part) in [
        ("endurance.early@1500", PARTS / 3),
        ("endurance.late@1500", PARTS),
    ] {
        let anonymous = memory.get(part as usize - 1).context("a part without memory")?;
        figures.push((key.to_owned(), *anonymous));
    }
    figures.push((
        "endurance.rate@1500".to_owned(),
        ok / from.elapsed().as_secs_f64(),
    ));
    figures.push(("endurance.failed@1500".to_owned(), failed));
    Ok(())
}
