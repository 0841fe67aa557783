//! ping.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    ping_is_answered_over_ipv4,
    ping_is_answered_over_ipv6,
    ping_to_a_dropped_address_stays_unanswered
);

fn ping_is_answered_over_ipv4(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let to = ordinary_v4(10).to_string();
    ensure_said(
        &lab.phone_output("ping", &["-c", "3", "-i", "0.05", "-W", "2", &to])?,
        "3 received",
    )
}

fn ping_is_answered_over_ipv6(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let to = ordinary_v6(10).to_string();
    ensure_said(
        &lab.phone_output("ping", &["-6", "-c", "3", "-i", "0.05", "-W", "2", &to])?,
        "3 received",
    )
}

fn ping_to_a_dropped_address_stays_unanswered(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    lab.drop_packets(ordinary_v4(10))?;
    let ping = lab.phone_output("ping", &["-c", "1", "-W", "1", &ordinary_v4(10).to_string()])?;
    ensure!(!ping.is_success(), "an answer from nobody: {ping:#?}");
    Ok(())
}
