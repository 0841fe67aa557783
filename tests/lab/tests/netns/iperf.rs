//! iperf3, both directions, both families.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Background, Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    iperf3_runs_both_ways_over_ipv4,
    iperf3_runs_both_ways_over_ipv6,
    iperf3_sends_datagrams,
    eight_uploads_share_a_queue_of_25_packets
);

/// Bits a second of eight uploads together.
const SLOWEST: f64 = 50e6;

fn lab(plan: Plan, at: IpAddr) -> Result<(Lab, Background)> {
    let lab = Lab::start(plan, &[], &[])?;
    let mut command = lab.internet.command("iperf3");
    command.args(["--server", "--forceflush", "--bind", &at.to_string()]);
    let mut server = Background::start(&mut command, lab.directory(), "iperf3")?;
    server.wait_until("iperf3's server", Duration::from_secs(5), |me| {
        me.stdout().contains("listening")
    })?;
    Ok((lab, server))
}

fn both_ways(path: Path, at: IpAddr) -> Result<()> {
    let (lab, _server) = lab(Plan::new(path), at)?;
    let at = at.to_string();
    for direction in [&[][..], &["--reverse"]] {
        let mut words = vec!["--client", &at, "--time", "1", "--connect-timeout", "3000"];
        words.extend(direction);
        let done = lab
            .phone_output("iperf3", &words)?
            .success()
            .with_context(|| format!("{words:?}"))?;
        ensure_said(&done, "iperf Done.")?;
    }
    Ok(())
}

fn iperf3_runs_both_ways_over_ipv4(path: Path) -> Result<()> {
    both_ways(path, ordinary_v4(10).into())
}

fn iperf3_runs_both_ways_over_ipv6(path: Path) -> Result<()> {
    both_ways(path, ordinary_v6(10).into())
}

fn iperf3_sends_datagrams(path: Path) -> Result<()> {
    let at = IpAddr::from(ordinary_v4(10));
    let (lab, _server) = lab(Plan::new(path), at)?;
    let words = [
        "--client",
        &at.to_string(),
        "--udp",
        "--bitrate",
        "20M",
        "--time",
        "1",
    ];
    let done = lab.phone_output("iperf3", &words)?.success()?;
    ensure_said(&done, "iperf Done.")?;
    ensure_said(&done, "(0%)")
}

/// The floor is for a machine that does other things; the kernel's SACK counters say that losses were mended by it.
fn eight_uploads_share_a_queue_of_25_packets(path: Path) -> Result<()> {
    let plan = Plan {
        queue: 25,
        alone: true,
        ..Plan::new(path)
    };
    let at = IpAddr::from(ordinary_v4(10));
    let (lab, _server) = lab(plan, at)?;
    let at = at.to_string();
    let words = ["--client", &at, "--parallel", "8", "--time", "3", "--json"];
    let done = lab.phone_output("iperf3", &words)?.success()?;
    let report: serde_json::Value = serde_json::from_str(&done.stdout)?;
    let rate = report["end"]["sum_received"]["bits_per_second"]
        .as_f64()
        .context("no rate in iperf3's report")?;
    ensure!(rate >= SLOWEST, "{rate} bit/s together, the bar is {SLOWEST}");
    if path == Path::Hushwall {
        let recoveries = tcp_counter(&lab, "TCPSackRecovery")?;
        ensure!(recoveries > 0, "no loss was mended by SACK");
    }
    Ok(())
}

/// One of the phone's counters in /proc/net/netstat: a line of names, then a line of numbers.
fn tcp_counter(lab: &Lab, name: &str) -> Result<u64> {
    let said = lab.phone_output("cat", &["/proc/net/netstat"])?.success()?;
    let mut lines = said.stdout.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, numbers) = (
        lines.next().context("no names")?,
        lines.next().context("no numbers")?,
    );
    let found = names
        .split(' ')
        .zip(numbers.split(' '))
        .find(|(known, _)| *known == name);
    Ok(found.with_context(|| format!("no counter {name}"))?.1.parse()?)
}
