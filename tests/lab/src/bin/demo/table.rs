//! What was tried, what decided, the verdict, the added time.

use std::time::Duration;

use crate::morning::Step;
use crate::play::{Morning, Outcome};
use crate::style::Style;

/// Milliseconds; less is lost in the noise, which can be below zero.
const LEAST_TOLD: f64 = 0.05;

/// Prints a line a step, not wider than 100 columns.
pub(crate) fn print(steps: &[Step], off: &Morning, on: &Morning, rounds: usize, style: Style) {
    println!(
        "{}",
        style.bold("What was tried, and what became of it with Hushwall on")
    );
    let head = format!(
        "{:<12}{:<26}{:<31}{:<13}{:<9}{:>9}",
        "app", "what for", "name", "decided by", "verdict", "time"
    );
    println!("{}", style.dim(&head));
    for ((step, off), on) in steps.iter().zip(&off.outcomes).zip(&on.outcomes) {
        let (decided, blocked) = match &on.verdict {
            Some(verdict) => (phrase(&verdict.seen), verdict.blocked),
            None => ("-", false),
        };
        let verdict = format!(
            "{:<9}",
            if on.verdict.is_none() {
                "none"
            } else if blocked {
                "blocked"
            } else {
                "allowed"
            }
        );
        let verdict = if blocked == step.wanted {
            style.bad(&verdict)
        } else {
            style.good(&verdict)
        };
        let time = time(off, on, blocked);
        println!(
            "{:<12}{:<26}{:<31}{decided:<13}{verdict}{time:>9}",
            step.app, step.why, step.name
        );
    }
    println!(
        "{}\n",
        style.dim(&format!(
            "time: what Hushwall adds to a request that it allows (+, or ~0 if too little to tell),\n\
             how long a refusal takes (=); the fastest of {rounds} rounds counts"
        ))
    );
}

/// What decided, for people; the words are those of `hushwall run --json`.
fn phrase(seen: &str) -> &str {
    match seen {
        "dns_question" => "DNS question",
        "dns_alias" => "DNS alias",
        "dns_target" => "DNS target",
        "tls_server_name" => "server name",
        "quic_server_name" => "QUIC name",
        "http_host" => "HTTP host",
        other => other,
    }
}

fn time(off: &Outcome, on: &Outcome, blocked: bool) -> String {
    let (off, on) = (fastest(&off.took), fastest(&on.took));
    if blocked {
        format!("= {on:.1} ms")
    } else if on - off < LEAST_TOLD {
        "~0 ms".to_owned()
    } else {
        format!("+{:.1} ms", on - off)
    }
}

/// The fastest, in milliseconds: what else the machine does comes on top of it.
fn fastest(times: &[Duration]) -> f64 {
    times.iter().min().map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
