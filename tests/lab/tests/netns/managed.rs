//! `hushwall run` as a person starts it: it makes the device, addresses, routes and rules, and takes them back.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lab::{Hushwall, Lab, Path, Plan, RESOLVER_V4, Record, ordinary_v4, ordinary_v6, vendor_v4, vendor_v6};

use crate::ensure_said;

/// The wall is a desk here: its own apps are what is protected.
fn desk() -> Result<Lab> {
    let mut lab = Lab::create(Plan::new(Path::Hushwall))?;
    // Nobody's device, so that the machine looks as it does before a first run.
    lab.wall.ip("link del tun0")?;
    lab.start_resolver(&[
        Record::dual("site.example", ordinary_v4(10), ordinary_v6(10)),
        Record::dual("blocked.example", vendor_v4(10), vendor_v6(10)),
    ])?;
    lab.start_web(&["site.example", "blocked.example"])?;
    let directory = lab.directory().to_owned();
    lab.wall.set_etc(directory);
    Ok(lab)
}

fn start(lab: &Lab) -> Result<Hushwall> {
    Hushwall::start(
        &lab.wall,
        lab.directory(),
        &["--dns", &RESOLVER_V4.to_string(), "--block", "blocked.example"],
    )
}

/// Everything that a run may touch, without counters and ages.
fn configuration(lab: &Lab) -> Result<String> {
    let mut all = String::new();
    for words in [
        "-br link",
        "-br addr",
        "rule",
        "-6 rule",
        "route show table all",
        "-6 route show table all",
    ] {
        let listed = lab.wall.ip(words)?;
        // Neighbours and multicast routes of a link come and go by themselves.
        let stable = listed
            .lines()
            .filter(|line| !line.contains("multicast") && !line.starts_with("ff00"));
        all.push_str(&format!(
            "# ip {words}\n{}\n",
            stable.collect::<Vec<_>>().join("\n")
        ));
    }
    Ok(all)
}

fn curl(lab: &Lab, words: &[&str]) -> Result<lab::Output> {
    let mut command = lab.wall.command("curl");
    command
        .args(["--silent", "--show-error", "--max-time", "5", "--cacert"])
        .arg(&lab.web()?.certificate.pem);
    lab::output(command.args(words))
}

fn stop(mut hushwall: Hushwall, signal: &str) -> Result<()> {
    hushwall.process().signal(signal)?;
    let status = hushwall.process().wait(Duration::from_secs(5))?;
    ensure!(
        signal == "KILL" || status.code() == Some(0),
        "it ended with {status}: {}",
        hushwall.stderr()
    );
    Ok(())
}

fn ensure_same(before: &str, after: &str) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let changed = |one: &str, other: &str| -> Vec<String> {
        one.lines()
            .filter(|line| !other.lines().any(|kept| kept == *line))
            .map(str::to_owned)
            .collect()
    };
    bail!(
        "gone: {:#?}\nnew: {:#?}",
        changed(before, after),
        changed(after, before)
    )
}

#[test]
fn run_protects_the_machine_it_runs_on() -> Result<()> {
    let lab = desk()?;
    let counters = lab.count(&[vendor_v4(10).into(), vendor_v6(10).into(), vendor_v4(11).into()])?;
    let hushwall = start(&lab)?;
    ensure_said(&curl(&lab, &["https://site.example/"])?, "host=site.example").context("IPv4 or IPv6")?;
    ensure_said(
        &curl(&lab, &["-6", "https://site.example/"])?,
        "host=site.example",
    )
    .context("IPv6")?;
    let page = curl(&lab, &["https://blocked.example/"])?;
    ensure!(!page.is_success(), "{page:#?}");
    let at = format!("blocked.example:443:{}", vendor_v4(11));
    let page = curl(&lab, &["--resolve", &at, "https://blocked.example/"])?;
    ensure!(!page.is_success(), "{page:#?}");
    for (counter, packets) in counters.packets()? {
        ensure!(packets == 0, "{packets} packets {counter}");
    }
    ensure!(
        lab.resolver()?.questions("blocked.example") == 0,
        "the resolver was asked"
    );
    stop(hushwall, "TERM")
}

#[test]
fn every_address_route_and_rule_is_taken_back_at_sigterm() -> Result<()> {
    let lab = desk()?;
    let before = configuration(&lab)?;
    let hushwall = start(&lab)?;
    ensure!(configuration(&lab)? != before, "it changed nothing");
    stop(hushwall, "TERM")?;
    ensure_same(&before, &configuration(&lab)?)
}

#[test]
fn every_address_route_and_rule_is_taken_back_at_ctrl_c() -> Result<()> {
    let lab = desk()?;
    let before = configuration(&lab)?;
    stop(start(&lab)?, "INT")?;
    ensure_same(&before, &configuration(&lab)?)
}

#[test]
fn start_after_kill_works_and_takes_back_what_was_left() -> Result<()> {
    let lab = desk()?;
    let before = configuration(&lab)?;
    stop(start(&lab)?, "KILL")?;
    let hushwall = start(&lab)?;
    ensure_said(&curl(&lab, &["https://site.example/"])?, "host=site.example")?;
    stop(hushwall, "TERM")?;
    ensure_same(&before, &configuration(&lab)?)
}

#[test]
fn run_without_rights_says_in_one_sentence_what_to_do() -> Result<()> {
    let lab = desk()?;
    let mut command = lab.wall.bare_command("setpriv");
    command
        .args(["--bounding-set", "-all", "--inh-caps", "-all"])
        .arg(lab::hushwall_binary()?)
        .arg("run");
    let said = lab::output(command.args(["--dns", &RESOLVER_V4.to_string()]))?;
    ensure!(
        said.code == 2 && said.stderr.trim().lines().count() == 1,
        "{said:#?}"
    );
    ensure!(
        said.stderr.contains("run as root") && !said.stderr.contains("os error"),
        "{said:#?}"
    );
    Ok(())
}
