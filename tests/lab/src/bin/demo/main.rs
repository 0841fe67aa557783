//! `./build.sh demo`: a phone's morning, first by plain routing, then through Hushwall, counted at the servers.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is there to be watched"
)]

mod morning;
mod play;
mod proof;
mod style;
mod table;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use lab::Path;

use crate::proof::Proof;
use crate::style::Style;

/// The morning is played this often each way; of times the fastest counts.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode> {
    let (style, from) = (Style::detect(), Instant::now());
    println!("{}", style.bold("A phone's morning"));
    println!(
        "A phone and an internet as network namespaces. Nothing leaves this machine.\n\
         Real servers (nginx, dnsmasq), real clients (curl, dig).\n"
    );
    let steps = morning::steps();
    let off = play::play(Path::Plain, &steps, ROUNDS, style)?;
    let on = play::play(Path::Hushwall, &steps, ROUNDS, style)?;
    if off.outcomes.len() != steps.len() || on.outcomes.len() != steps.len() {
        bail!("a morning ended early");
    }
    table::print(&steps, &off, &on, ROUNDS, style);
    let proof = Proof::take(&steps, &off, &on, ROUNDS);
    proof.print(style);
    println!(
        "\nThis took {:.0} s. ./build.sh test is the long form.",
        from.elapsed().as_secs_f64()
    );
    Ok(if proof.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
