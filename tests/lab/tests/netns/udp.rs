//! Datagrams that are neither DNS nor QUIC.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::client_words;

on_both_paths!(
    datagram_comes_back_over_ipv4,
    datagram_comes_back_over_ipv6,
    closed_port_is_reported_to_the_app,
    datagram_larger_than_the_mtu_comes_back,
    datagram_larger_than_the_way_out_comes_back_after_too_big,
);

fn ensure_client(path: Path, at: &str, serve: bool, bytes: &str, expected: &[&str]) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let _server = if serve {
        Some(lab.serve(&["udp-echo", at])?)
    } else {
        None
    };
    let words = client_words(&lab, &["udp", at, bytes])?;
    ensure!(words == expected, "expected {expected:?}, saw {words:?}");
    Ok(())
}

fn datagram_comes_back_over_ipv4(path: Path) -> Result<()> {
    ensure_client(
        path,
        &format!("{}:7000", ordinary_v4(10)),
        true,
        "1000",
        &["echoed", "1000"],
    )
}

fn datagram_comes_back_over_ipv6(path: Path) -> Result<()> {
    ensure_client(
        path,
        &format!("[{}]:7000", ordinary_v6(10)),
        true,
        "1000",
        &["echoed", "1000"],
    )
}

fn closed_port_is_reported_to_the_app(path: Path) -> Result<()> {
    // ECONNREFUSED
    ensure_client(
        path,
        &format!("{}:7999", ordinary_v4(10)),
        false,
        "10",
        &["failed", "111"],
    )
}

fn datagram_larger_than_the_mtu_comes_back(path: Path) -> Result<()> {
    ensure_client(
        path,
        &format!("[{}]:7000", ordinary_v6(10)),
        true,
        "4000",
        &["echoed", "4000"],
    )
}

fn datagram_larger_than_the_way_out_comes_back_after_too_big(path: Path) -> Result<()> {
    let lab = Lab::start(
        Plan {
            mtu: 9000,
            ..Plan::new(path)
        },
        &[],
        &[],
    )?;
    for at in [
        format!("{}:7000", ordinary_v4(10)),
        format!("[{}]:7000", ordinary_v6(10)),
    ] {
        let _server = lab.serve(&["udp-echo", &at])?;
        let words = client_words(&lab, &["udp", &at, "4000"])?;
        ensure!(words == ["echoed", "4000"], "{at}: {words:?}");
    }
    Ok(())
}
