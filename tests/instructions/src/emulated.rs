//! The counts on aarch64, under qemu-user: an instruction at a time, each of which leaves a line.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::routes::{ROUTES, Route};

/// Rounds that count. What comes before them is run once more without them, and taken off.
const ROUNDS: u32 = 4;

/// Writes `aarch64.tsv`, and says it.
pub(crate) fn store(program: &Path) -> Result<ExitCode> {
    let stored = crate::stored()?;
    let mut text = String::from(
        "# Instructions a unit on aarch64, by route, and as a multiple of those on x86-64. Written by aarch64.sh.\n",
    );
    for route in &ROUTES {
        let rounds = traced(program, route, ROUNDS)?.saturating_sub(traced(program, route, 0)?);
        ensure!(rounds > 0, "{}: nothing was counted", route.name);
        let count = rounds as f64 / f64::from(ROUNDS * route.units);
        let ratio = stored.get(route.name).map_or(f64::NAN, |stored| count / stored);
        let line = format!("{}\t{count:.0}\t{ratio:.2}\t{}\n", route.name, route.unit);
        print!("{line}");
        text += &line;
    }
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("aarch64.tsv");
    fs::write(table, text).context("cannot write the table of counts")?;
    Ok(ExitCode::SUCCESS)
}

/// Instructions of a whole run.
fn traced(program: &Path, route: &Route, rounds: u32) -> Result<u64> {
    let mut running = Command::new("qemu-aarch64-static")
        .args(["-singlestep", "-d", "exec,nochain", "-D", "/dev/stdout"])
        .arg(program)
        .args([route.name, &rounds.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run qemu-aarch64-static")?;
    let mut lines = BufReader::with_capacity(1 << 20, running.stdout.take().context("no output")?);
    let (mut line, mut count) = (Vec::new(), 0);
    while lines.read_until(b'\n', &mut line)? > 0 {
        count += u64::from(line.starts_with(b"Trace"));
        line.clear();
    }
    ensure!(running.wait()?.success(), "{} failed under qemu", route.name);
    Ok(count)
}
