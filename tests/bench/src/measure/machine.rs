//! What the results stand on: the machine and the versions. And one peer's configuration.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::output;
use serde_json::{Value, json};

use super::peer::REFUSED;

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
        "versions": versions(tools),
    })
}

fn versions(tools: &Path) -> Value {
    let own = |name: &str| tools.join(name).to_string_lossy().into_owned();
    json!({
        "sing-box": first_line(&own("sing-box"), &["version"]),
        "tun2socks": first_line(&own("tun2socks"), &["--version"]),
        "tun2proxy": first_line(&own("tun2proxy-bin"), &["--version"]),
        "pasta": package("passt"),
        "slirp4netns": package("slirp4netns"),
        "hev": fs::read_to_string(tools.join("peer-hev.version")).unwrap_or_default().trim(),
        "ipstack": fs::read_to_string(tools.join("peer-ipstack.version")).unwrap_or_default().trim(),
        "netstack-smoltcp": fs::read_to_string(tools.join("peer-netstack.version")).unwrap_or_default().trim(),
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

/// sing-box with all that Hushwall does: names sniffed, questions taken in, a name refused.
pub(super) fn sing_box(mtu: u32, device: &str) -> String {
    let config = json!({
        "log": { "level": "error" },
        "inbounds": [{
            "type": "tun", "tag": "tun", "interface_name": device, "address": ["10.66.0.2/24", "fd66::2/64"],
            "mtu": mtu, "auto_route": false, "stack": "mixed",
        }],
        "outbounds": [{ "type": "direct", "tag": "direct", "bind_interface": "out0" }],
        "dns": {
            "servers": [{
                "type": "udp", "tag": "up", "server": lab::RESOLVER_V4.to_string(), "bind_interface": "out0",
            }],
            "rules": [{ "domain_suffix": [REFUSED], "action": "reject" }],
            "final": "up", "disable_cache": true,
        },
        "route": {
            "rules": [
                { "action": "sniff" },
                { "protocol": "dns", "action": "hijack-dns" },
                { "domain_suffix": [REFUSED], "action": "reject" },
            ],
            "final": "direct", "default_domain_resolver": "up",
        },
    });
    config.to_string()
}
