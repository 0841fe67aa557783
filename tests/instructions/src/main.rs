//! Instructions that a packet costs in the engine, route by route: no kernel, no clock, no noise.
//!
//! `instructions` runs each route under callgrind and holds the counts against `counts.tsv`: one that grew by more than
//! [`TOLERANCE`] fails. `instructions --store` writes what it counted. `instructions ROUTE ROUNDS` is what callgrind
//! runs. Counts are of one compiler and one profile; `./build.sh check` uses `lab`.
//!
//! `instructions --aarch64 PROGRAM` counts the same program as it was built for phones, under qemu-user, into
//! `aarch64.tsv`: see `aarch64.sh`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement prints its figures"
)]
#![allow(missing_docs, reason = "nobody links it")]
#![allow(clippy::unwrap_used, reason = "the tests' fixtures")]

#[path = "../../fixtures/client_hello.rs"]
mod client_hello;
mod emulated;
mod phone;
#[path = "../../fixtures/quic_initial.rs"]
mod quic_initial;
mod routes;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::routes::{ROUTES, Route};

/// By how much a count may grow. Instructions repeat to the last one; but the compiler cuts a crate into pieces, and a
/// change elsewhere moves what it inlines.
const TOLERANCE: f64 = 1.10;
/// Rounds before those that count.
const WARM_UP: u32 = 20;

fn main() -> Result<ExitCode> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => compare(),
        ["--store"] => store(),
        ["--aarch64", program] => emulated::store(Path::new(program)),
        [name, rounds] => {
            let route = ROUTES.iter().find(|route| route.name == *name);
            run(route.context("no such route")?, rounds.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage: instructions [--store | --aarch64 PROGRAM | ROUTE ROUNDS]"),
    }
}

fn run(route: &Route, rounds: u32) {
    let mut round = (route.prepare)();
    (0..WARM_UP).for_each(|_| round());
    counted_rounds(rounds, &mut *round);
}

/// What callgrind counts: it knows the function by this name.
#[inline(never)]
fn counted_rounds(rounds: u32, round: &mut dyn FnMut()) {
    (0..rounds).for_each(|_| round());
}

fn store() -> Result<ExitCode> {
    let mut text = String::from(
        "# Instructions a unit, by route: see src/main.rs. Written by `instructions --store`.\n",
    );
    for route in &ROUTES {
        text += &format!("{}\t{:.0}\t{}\n", route.name, count(route)?, route.unit);
    }
    fs::write(table(), &text).context("cannot write the table of counts")?;
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}

fn compare() -> Result<ExitCode> {
    let stored = stored()?;
    let mut worse = 0;
    for route in &ROUTES {
        let counted = count(route)?;
        let before = stored
            .get(route.name)
            .with_context(|| format!("{} is in no line of the table", route.name))?;
        let ratio = counted / before;
        println!(
            "{:<16} {counted:>9.0} {ratio:>6.3} of {before:.0}: {}",
            route.name, route.unit
        );
        worse += u32::from(ratio > TOLERANCE);
    }
    if worse == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "{worse} routes cost more than {TOLERANCE} of what is stored; if that is the price of something, store it: --store"
    );
    Ok(ExitCode::FAILURE)
}

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.tsv")
}

fn stored() -> Result<BTreeMap<String, f64>> {
    let text = fs::read_to_string(table()).context("no table of counts")?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let mut cells = line.split('\t');
        let name = cells.next()?.to_owned();
        Some((name, cells.next()?.parse().ok()?))
    };
    lines
        .map(|line| row(line).with_context(|| format!("not a row: {line}")))
        .collect()
}

/// Instructions a unit of this route, under callgrind.
fn count(route: &Route) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*counted_rounds*")
        .arg(env::current_exe()?)
        .args([route.name, &route.rounds.to_string()])
        .output()
        .context("cannot run valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed under valgrind: {said}",
        route.name
    );
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = collected.with_context(|| format!("valgrind says no count: {said}"))?;
    let count: f64 = count.trim().parse()?;
    ensure!(count > 0.0, "nothing was counted: the function has another name");
    Ok(count / f64::from(route.rounds * route.units))
}
