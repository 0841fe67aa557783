//! How long clients take from a QUIC datagram that is refused to TCP, by client and by what they hear: the table of
//! `tests/lab/quic/README.md`. `cargo run -p lab --bin fall-back [chromium|firefox|aioquic|quinn]...` as root, some minutes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is there to be read")]

mod client;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use lab::{Background, Lab, Namespace, Path, Plan, Record, vendor_v4};

use crate::client::Client;

/// The refused server, by a rule on its address, so that its questions are answered.
const SERVER: std::net::Ipv4Addr = vendor_v4(12);
const NAME: &str = "fall.example";
/// Rounds, of which the median counts.
const ROUNDS: usize = 3;
/// Nobody falls back later.
const PATIENCE: Duration = Duration::from_secs(75);

/// What a client hears of what Hushwall says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Both,
    Close,
    Unreachable,
    Nothing,
}

impl Heard {
    const ALL: [Self; 4] = [Self::Both, Self::Close, Self::Unreachable, Self::Nothing];

    const fn words(self) -> &'static str {
        match self {
            Self::Both => "close and port unreachable",
            Self::Close => "close alone",
            Self::Unreachable => "port unreachable alone",
            Self::Nothing => "nothing",
        }
    }

    /// Takes the rest away before the phone's sockets.
    fn apply(self, phone: &Namespace) -> Result<()> {
        let close = "udp sport 443 drop;";
        let unreachable = "ip protocol icmp drop;";
        let dropped = match self {
            Self::Both => return Ok(()),
            Self::Close => unreachable.to_owned(),
            Self::Unreachable => close.to_owned(),
            Self::Nothing => format!("{close} {unreachable}"),
        };
        let script = format!(
            "table inet mute {{ chain arrive {{ type filter hook input priority 0; {dropped}\n}}\n}}\n"
        );
        lab::run(phone.bare_command("nft").arg(script)).map(drop)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fall-back: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    println!("| client | {} |", Heard::ALL.map(Heard::words).join(" | "));
    println!("|---|---|---|---|---|");
    let asked: Vec<String> = std::env::args().skip(1).collect();
    for client in Client::installed() {
        if !asked.is_empty() && !asked.contains(&format!("{client:?}").to_lowercase()) {
            continue;
        }
        let mut cells = Vec::new();
        for heard in Heard::ALL {
            // What a library's timer decides is the same each time.
            let timed = !client.has_tcp() && matches!(heard, Heard::Unreachable | Heard::Nothing);
            let rounds = if timed { 1 } else { ROUNDS };
            let mut times = (0..rounds)
                .map(|_| measure(client, heard))
                .collect::<Result<Vec<_>>>()?;
            times.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            cells.push(words(times[rounds / 2]));
            eprintln!("{client:?}, {}: {times:?}", heard.words());
        }
        println!("| {} | {} |", client.words()?, cells.join(" | "));
    }
    Ok(())
}

/// Seconds from the first datagram to the first SYN, or to the error that the app sees, where it has no TCP; `None`
/// where nothing came in time.
fn measure(client: Client, heard: Heard) -> Result<Option<f64>> {
    let address = SERVER.to_string();
    // Priority 1, target ".", alpn "h3" and "h2" (RFC 9460 sections 2.2 and 7.1).
    let records = [
        Record::v4(NAME, SERVER),
        Record::Raw(NAME.to_owned(), 65, "00010000010006026833026832".to_owned()),
    ];
    let lab = Lab::start(Plan::new(Path::Hushwall), &records, &["--block", &address])?;
    heard.apply(&lab.phone)?;
    let mut watch = lab.phone.bare_command("tcpdump");
    watch.args(["-i", "tun0", "-n", "-tt", "-l", "host", &address]);
    let mut watch = Background::start(&mut watch, lab.directory(), "tcpdump")?;
    watch.wait_until("tcpdump's first line", Duration::from_secs(10), |watch| {
        watch.stderr().contains("listening")
    })?;
    let mut running = client.start(&lab)?;
    if !client.has_tcp() {
        _ = running.wait(PATIENCE);
        let said = running.stdout();
        let seconds = said.split_whitespace().next_back();
        return Ok(seconds.and_then(|seconds| seconds.parse().ok()));
    }
    let times = |mark: &str| first_time(&watch.stdout(), mark);
    let came = lab::until("a SYN behind a datagram", PATIENCE, || {
        Ok(times("UDP").is_some() && times("Flags [S]").is_some())
    });
    if came.is_err() {
        let kept = std::env::temp_dir().join("fall-back.txt");
        fs::write(&kept, watch.stdout() + &running.stderr()).context("keeping what was seen")?;
        return Ok(None);
    }
    Ok(times("Flags [S]")
        .zip(times("UDP"))
        .map(|(syn, datagram)| syn - datagram))
}

/// When the first packet to the server with this mark was sent.
fn first_time(dump: &str, mark: &str) -> Option<f64> {
    let to = format!("> {SERVER}.443: ");
    let line = dump
        .lines()
        .find(|line| line.contains(&to) && line.contains(mark))?;
    line.split_whitespace().next()?.parse().ok()
}

fn words(seconds: Option<f64>) -> String {
    match seconds {
        None => format!("more than {} s", PATIENCE.as_secs()),
        Some(seconds) if seconds < 0.0005 => "at the same time".to_owned(),
        Some(seconds) if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        Some(seconds) => format!("{seconds:.1} s"),
    }
}
