//! sing-box, which makes its own device and finds its own way out, so that both are in the phone's namespace.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use lab::{Background, Lab};
use serde_json::json;

use super::peer::{REFUSED, START, TUN};
use super::site::Setting;

/// A second after its start it finds that the way out has changed, and forgets all connections; it says so to nobody.
const SETTLE: Duration = Duration::from_millis(1_500);
/// The table by which all goes to it but what it sends itself.
const APPS: u32 = 100;

/// Whose TCP it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stack {
    /// The kernel's, to which it rewrites packets.
    System,
    Gvisor,
    /// The kernel's for TCP, gVisor's for UDP.
    Mixed,
}

impl Stack {
    const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Gvisor => "gvisor",
            Self::Mixed => "mixed",
        }
    }
}

/// With all that Hushwall does: names sniffed, questions taken in, a name refused.
fn configuration(stack: Stack, mtu: u32) -> String {
    let config = json!({
        "log": { "level": "error" },
        "inbounds": [{
            "type": "tun", "tag": "tun", "interface_name": TUN, "address": ["10.66.0.2/24", "fd66::2/64"],
            "mtu": mtu, "auto_route": false, "dns_mode": "disabled", "stack": stack.name(),
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

/// Starts it and gives the phone its way out.
pub(super) fn start(program: &Path, stack: Stack, lab: &Lab, setting: &Setting) -> Result<Background> {
    lab.wall.ip(&format!("link del {TUN}"))?;
    lab.wall
        .ip(&format!("link set out0 netns {}", lab.phone.name()))?;
    for words in [
        "addr add 10.77.0.1/24 dev out0",
        "addr add fd77::1/64 dev out0 nodad",
        "link set out0 up",
        // It takes the main table's way out for the machine's.
        "route add default via 10.77.0.2",
        "-6 route add default via fd77::2",
        "rule add oif out0 table main pref 10",
        "-6 rule add oif out0 table main pref 10",
    ] {
        lab.phone.ip(words)?;
    }
    let path = lab.directory().join("sing-box.json");
    fs::write(&path, configuration(stack, setting.mtu))?;
    let mut command = lab.phone.command(program);
    command.args(["run", "-c"]).arg(&path);
    let mut running = Background::start(&mut command, lab.directory(), "sing-box")?;
    running.wait_until("sing-box's device", START, |_| {
        lab.phone
            .ip(&format!("addr show dev {TUN}"))
            .is_ok_and(|text| text.contains("fd66::2") && text.contains("LOWER_UP"))
    })?;
    for words in [
        format!("link set {TUN} txqueuelen {}", setting.queue),
        format!("route add default dev {TUN} table {APPS}"),
        format!("-6 route add default dev {TUN} table {APPS}"),
        format!("rule add table {APPS} pref 20"),
        format!("-6 rule add table {APPS} pref 20"),
    ] {
        lab.phone.ip(&words)?;
    }
    thread::sleep(SETTLE);
    Ok(running)
}
