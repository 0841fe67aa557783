//! IPv4 options and IPv6 extension headers, from a real kernel over the TUN.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::{client_words, ensure_said};

on_both_paths!(
    packets_with_ipv4_options_are_answered,
    packets_with_an_ipv6_extension_header_are_answered,
    ping_that_records_its_route_is_answered,
);

fn options(path: Path, at: &str) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let _tcp = lab.serve(&["echo", at])?;
    let _udp = lab.serve(&["udp-echo", at])?;
    let words = client_words(&lab, &["options", at])?;
    ensure!(words == ["answered", "both"], "{words:?}");
    Ok(())
}

fn packets_with_ipv4_options_are_answered(path: Path) -> Result<()> {
    options(path, &format!("{}:7000", ordinary_v4(10)))
}

fn packets_with_an_ipv6_extension_header_are_answered(path: Path) -> Result<()> {
    options(path, &format!("[{}]:7000", ordinary_v6(10)))
}

fn ping_that_records_its_route_is_answered(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let to = ordinary_v4(10).to_string();
    let ping = lab.phone_output("ping", &["-R", "-c", "2", "-i", "0.05", "-W", "2", &to])?;
    ensure_said(&ping, "2 received")
}
