//! What the results stand on: the machine and the versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::output;
use serde_json::{Value, json};

/// Processor, kernel, memory, and the programs' own words on their versions.
pub fn describe(tools: &Path) -> Value {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes: f64 = memory
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_default();
    json!({
        "processor": model,
        "processors": std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get),
        "memory": format!("{:.0} GB", kilobytes * 1024.0 / 1e9),
        "kernel": first_line("uname", &["-sr"]),
        "descriptors": descriptors(),
        "versions": versions(tools),
    })
}

/// How many descriptors a program may have, at the most.
fn descriptors() -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .unwrap_or_default();
    // "unlimited" is no number, and no bound.
    let hard = line.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    hard.unwrap_or(u64::MAX)
}

/// What `./build.sh bench` has written beside each program that it built, and what Debian says of the others.
fn versions(tools: &Path) -> Value {
    let written = |program: &str| {
        let text = fs::read_to_string(tools.join(format!("{program}.version")));
        text.unwrap_or_default().trim().to_owned()
    };
    json!({
        "hushwall": first_line("git", &["describe", "--always", "--dirty"]),
        "hev": written("peer-hev"),
        "sing-box": written("sing-box"),
        "sing-box-plain": written("sing-box-plain"),
        "tun2socks": written("tun2socks"),
        "tun2proxy": written("tun2proxy-bin"),
        "ipstack": written("peer-ipstack"),
        "netstack-smoltcp": written("peer-netstack"),
        "gvisor": written("peer-gvisor"),
        "pasta": package("passt"),
        "slirp4netns": package("slirp4netns"),
    })
}

fn package(name: &str) -> String {
    first_line("dpkg-query", &["-W", "-f", "${Package} ${Version}", name])
}

/// Nothing where the program is not there.
fn first_line(program: &str, words: &[&str]) -> String {
    let said = output(Command::new(program).args(words));
    said.map_or_else(
        |_| String::new(),
        |said| said.stdout.lines().next().unwrap_or_default().to_owned(),
    )
}
