//! `RESULTS.md`.

use std::fmt::Write as _;

use serde_json::Value;

use super::peers;
use super::results::{Results, Spread};
use super::rows::{self, Against, COPY, HUSHWALL, Limit, Outcome, Row, Unit};

/// The whole page.
pub(super) fn page(results: &Results, date: &str) -> String {
    let mut page = String::from("# Hushwall beside its peers\n\n");
    let text = |key: &str| results.machine[key].as_str().unwrap_or("unknown").to_owned();
    let processors = results.machine["processors"].as_u64().unwrap_or_default();
    let _ = writeln!(
        page,
        "Written by `./build.sh bench` from what one run measured on {date}: {}, {processors} processors, {}, {}, {} \
         descriptors a program.\n",
        text("processor"),
        text("memory"),
        text("kernel"),
        results.machine["descriptors"].as_u64().unwrap_or_default(),
    );
    if results.is_short {
        page.push_str("Its loads are short (`--short` or `--quick`: less than a second each), so that rounds lie further apart.\n\n");
    }
    page.push_str(HOW);
    bars(&mut page, results);
    peers::tables(&mut page, results);
    versions(&mut page, results);
    page
}

const HOW: &str = "\
Everything is on: built-in list, DNS, server names, QUIC, events as JSON to a file. CPU is the processor time of the peer's
threads (`/proc/PID/task/*/schedstat`). Peers take turns within a round; a ratio is taken within its round, and what stands
here is the median of the rounds, with the least and the most of them. Absolute figures move with the machine: take the
ratios. The copy is the floor: `bench-copy` carries each packet from one TUN to another and looks at nothing. Latencies,
connections and questions run on one processor, as wake-ups across virtual ones cost more than all else.

![CPU a gigabyte, as a multiple of the bare copy](plots/peers.svg)

";

fn bars(page: &mut String, results: &Results) {
    page.push_str(
        "## Bars\n\n\"Next\" is the bar after one that was met in every round with a tenth to spare.\n\n\
         | what | Hushwall | bar | measured | | next |\n|---|---|---|---|---|---|\n",
    );
    let (mut met, mut of) = (0, 0);
    for row in rows::all() {
        let outcome = row.outcome(results);
        of += usize::from(row.limit != Limit::None);
        met += usize::from(outcome == Outcome::Met);
        page.push_str(&line(&row, outcome, results));
    }
    let _ = writeln!(page, "\n{met} of {of} bars are met.\n");
}

fn line(row: &Row, outcome: Outcome, results: &Results) -> String {
    let figure = results.figure(HUSHWALL, &row.key).map_or_else(
        || "not measured".to_owned(),
        |spread| written(spread.median, row.unit),
    );
    let than = match &row.against {
        Against::Itself => String::new(),
        Against::Peer(COPY) => " the copy".to_owned(),
        Against::Peer(peer) => format!(" {peer}"),
        Against::WithRelay(peer) => format!(" {peer} with its SOCKS server"),
        Against::Other(_, words, _) => format!(" {words}"),
    };
    let bar = match (row.limit, &row.against) {
        (Limit::None, Against::Itself) => String::new(),
        (Limit::None, _) => format!("(of{than})"),
        (limit, Against::Itself) => in_words(limit, row),
        (limit, _) => in_words(limit, row) + &than,
    };
    let measured = match (row.compared(results), &row.against) {
        (None, Against::Itself) => String::new(),
        (None, _) => format!("no figure of{than}"),
        (Some(spread), Against::Itself) => range(spread, |value| written(value, row.unit)),
        (Some(spread), _) => format!(
            "**{:.2}x** {}",
            spread.median,
            range(spread, |value| format!("{value:.2}"))
        ),
    };
    let verdict = match outcome {
        Outcome::Met => "met",
        Outcome::Missed => "**missed**",
        Outcome::Open => "open",
        Outcome::Reported => "",
    };
    let next = row
        .next(results)
        .map_or_else(String::new, |limit| in_words(limit, row));
    format!(
        "| {} | {figure} | {bar} | {measured} | {verdict} | {next} |\n",
        row.what
    )
}

/// A limit with its sign, in the row's unit or as a multiple.
fn in_words(limit: Limit, row: &Row) -> String {
    let number = |limit: f64| match row.against {
        Against::Itself => written(limit, row.unit),
        _ => format!("{}x", (limit * 1e6).round() / 1e6),
    };
    match limit {
        Limit::AtMost(most) => format!("at most {}", number(most)),
        Limit::AtLeast(least) => format!("at least {}", number(least)),
        Limit::None => String::new(),
    }
}

/// The least and the most of several rounds.
fn range(spread: Spread, write: impl Fn(f64) -> String) -> String {
    if spread.rounds < 2 {
        return "(one round)".to_owned();
    }
    format!(
        "({} to {}, {} rounds)",
        write(spread.least),
        write(spread.most),
        spread.rounds
    )
}

/// A figure with its unit.
pub(super) fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::CpuPerGigabyte => format!("{value:.2} s/GB"),
        Unit::Gigabits => format!("{value:.2} Gbit/s"),
        Unit::Micros => format!("{value:.1} µs"),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Megabytes => format!("{:.2} MB", value / 1e6),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Count => format!("{value:.0}"),
        Unit::Percent => format!("{:.1} % of a processor", value * 100.0),
    }
}

fn versions(page: &mut String, results: &Results) {
    page.push_str("## Versions, and who is not here\n\n");
    let run = results.peers();
    for (program, said) in results.machine["versions"].as_object().into_iter().flatten() {
        let said = said.as_str().unwrap_or_default();
        if !said.is_empty() && run.iter().any(|peer| peer.starts_with(program.as_str())) {
            let _ = writeln!(page, "- {program}: `{said}`");
        }
    }
    let mut missing = results
        .missing
        .iter()
        .filter(|(name, _)| !run.contains(&name.as_str()))
        .peekable();
    if missing.peek().is_some() {
        page.push_str(
            "\nWithout figures here; `HUSHWALL_BENCH_PEER_NAME=PROGRAM` adds one that is called as `PROGRAM TUN MTU`:\n\n",
        );
    }
    for (name, why) in missing {
        let _ = writeln!(page, "- {name}: {why}");
    }
    let failures: Vec<(&str, &str, &str)> = run
        .iter()
        .flat_map(|peer| results.failures(peer).map(|(group, why)| (*peer, group, why)))
        .collect();
    if !failures.is_empty() {
        page.push_str("\nWhat a peer could not do here, in the harness's words:\n\n");
    }
    for (peer, group, why) in failures {
        let why = why.lines().next().unwrap_or_default();
        let _ = writeln!(page, "- {peer}, `{group}`: {}", shortened(why));
    }
    debug_assert!(
        matches!(results.machine, Value::Object(_) | Value::Null),
        "one machine"
    );
}

/// A program's last words can be long.
fn shortened(text: &str) -> String {
    text.chars().take(160).collect()
}
