//! iperf3, both directions, both families.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use lab::{Background, Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    iperf3_runs_both_ways_over_ipv4,
    iperf3_runs_both_ways_over_ipv6,
    iperf3_sends_datagrams
);

fn lab(path: Path, at: IpAddr) -> Result<(Lab, Background)> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let mut command = lab.internet.command("iperf3");
    command.args(["--server", "--forceflush", "--bind", &at.to_string()]);
    let mut server = Background::start(&mut command, lab.directory(), "iperf3")?;
    server.wait_until("iperf3's server", Duration::from_secs(5), |me| {
        me.stdout().contains("listening")
    })?;
    Ok((lab, server))
}

fn both_ways(path: Path, at: IpAddr) -> Result<()> {
    let (lab, _server) = lab(path, at)?;
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
    let (lab, _server) = lab(path, at)?;
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
