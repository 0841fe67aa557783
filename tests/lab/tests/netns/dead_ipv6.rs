//! A name with both families whose IPv6 address is dead: happy eyeballs must find IPv4 as fast as without a firewall.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Lab, Path, Plan, Record, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    curl_is_on_ipv4_soon_when_ipv6_packets_are_dropped,
    curl_is_on_ipv4_soon_when_ipv6_is_unreachable,
    curl_is_on_ipv4_soon_when_there_is_no_ipv6_route,
);

/// From the resolved name to the connection.
const LONGEST: Duration = Duration::from_millis(400);

fn lab(path: Path) -> Result<Lab> {
    let mut lab = Lab::create(Plan {
        alone: true,
        ..Plan::new(path)
    })?;
    lab.start_resolver(&[Record::dual("site.example", ordinary_v4(10), ordinary_v6(10))])?;
    lab.start_web(&["site.example"])?;
    Ok(lab)
}

fn start(lab: &mut Lab, path: Path) -> Result<()> {
    if path == Path::Hushwall {
        lab.start_hushwall(&[])
    } else {
        Ok(())
    }
}

fn ensure_on_ipv4_soon(lab: &Lab) -> Result<()> {
    for scheme in ["https", "http"] {
        let url = format!("{scheme}://site.example/");
        let page = lab
            .curl(&["-w", "at=%{remote_ip} connect=%{time_connect}\n", &url])?
            .success()?;
        ensure_said(&page, &format!("at={}", ordinary_v4(10)))?;
        let seconds = page
            .stdout
            .rsplit("connect=")
            .next()
            .context("no time")?
            .trim()
            .parse()?;
        let took = Duration::from_secs_f64(seconds);
        ensure!(took <= LONGEST, "{scheme}: connected after {took:?}");
    }
    Ok(())
}

fn curl_is_on_ipv4_soon_when_ipv6_packets_are_dropped(path: Path) -> Result<()> {
    let mut lab = lab(path)?;
    start(&mut lab, path)?;
    lab.drop_packets(ordinary_v6(10))?;
    ensure_on_ipv4_soon(&lab)
}

fn curl_is_on_ipv4_soon_when_ipv6_is_unreachable(path: Path) -> Result<()> {
    let mut lab = lab(path)?;
    start(&mut lab, path)?;
    lab.reject_packets(ordinary_v6(10))?;
    ensure_on_ipv4_soon(&lab)
}

fn curl_is_on_ipv4_soon_when_there_is_no_ipv6_route(path: Path) -> Result<()> {
    let mut lab = lab(path)?;
    lab.wall.ip("-6 route del default")?;
    start(&mut lab, path)?;
    ensure_on_ipv4_soon(&lab)
}
