//! What refusals cost in an hour, by what an app does with it: packets on the TUN, and wake-ups of the engine.
//!
//! The apps are models: how long each waits after what it hears. The phone's cache is one, too. The engine is the real one.

mod app;
mod hour;

use std::fmt::Write as _;

use app::{App, Cache, Hears};
use hour::{Cost, Hour, Replies};

/// The apps, and in what each differs.
const APPS: [(&str, App); 8] = [
    (
        "asks every second, behind the phone's cache",
        App {
            cache: Cache::Phone,
            ..App::STEADY
        },
    ),
    ("asks every second, keeps no answer", App::STEADY),
    (
        "again half a second after an error, 5 s after a zero address, behind the cache",
        App {
            cache: Cache::Phone,
            waits: |hears| match hears {
                Hears::NoData | Hears::NoName | Hears::Refused => 500,
                _ => 5_000,
            },
            ..App::STEADY
        },
    ),
    (
        "waits a minute after \"no such name\", keeps no answer",
        App {
            waits: |hears| match hears {
                Hears::NoName => 60_000,
                _ => 1_000,
            },
            ..App::STEADY
        },
    ),
    (
        "falls back to a built-in address, behind the cache",
        App {
            cache: Cache::Phone,
            tcp: true,
            waits: without_network,
            ..App::STEADY
        },
    ),
    (
        "retries a second after RST, half a minute without a network",
        App {
            asks: false,
            tcp: true,
            waits: without_network,
            ..App::STEADY
        },
    ),
    (
        "UDP, falls back to TCP, again after a second",
        App {
            asks: false,
            udp: true,
            tcp: true,
            ..App::STEADY
        },
    ),
    (
        "UDP, hears no errors, again after 2 s without an answer",
        App {
            asks: false,
            udp: true,
            waits: |_| 2_000,
            ..App::STEADY
        },
    ),
];

/// What apps do that take a prohibited host for a network that is gone.
const fn without_network(hears: Hears) -> u64 {
    match hears {
        Hears::Prohibited => 30_000,
        _ => 1_000,
    }
}

/// The table, in Markdown: a row an app, a column a reply.
pub fn table() -> String {
    let mut table = String::from("| what the app does |");
    for (title, _) in Replies::ALL {
        let _ = write!(table, " {title} |");
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(Replies::ALL.len()));
    table.push('\n');
    for (title, app) in APPS {
        let _ = write!(table, "| {title} |");
        for (_, replies) in Replies::ALL {
            let cell = if app.asks || replies.is_for_flows() {
                let Cost { packets, wakeups } = Hour::new(replies).play(&app);
                format!("{} / {}", grouped(packets), grouped(wakeups))
            } else {
                "-".to_owned()
            };
            let _ = write!(table, " {cell} |");
        }
        table.push('\n');
    }
    table
}

/// `9,300`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_docs_is_what_the_engine_does() {
        let page = include_str!("../../../blocklists/REPLIES.md");
        let begin = page.find("| what the app does |").unwrap();
        let table = table();
        let shown = page.get(begin..begin + table.len());
        assert_eq!(
            shown,
            Some(table.as_str()),
            "`cargo run -p simulation --bin storms` prints it"
        );
    }
}
