//! Managed mode: addresses, routes and rules of this machine, made at the start and taken back at the end.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

mod ip;
mod plan;
mod resolved;
mod state;
mod step;

use ip::{Ip as _, Iproute2};
pub(crate) use plan::{ANNOUNCED, MARK};
use state::State;
pub(crate) use state::StateError;
use step::Family;

use super::args::Depth;
use super::families;

/// Where state files live: gone at a reboot, as what they record is.
const FOLDER: &str = "/run/hushwall";

/// Why traffic could not be brought into the device.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoutesError {
    /// The record or the `ip` tool.
    #[error(transparent)]
    State(#[from] StateError),
    /// The kernel would drop the answers to Hushwall's own sockets.
    #[error(
        "the kernel's reverse-path filter is strict on {device} and would drop every answer: \
         run `sysctl -w net/ipv4/conf/{device}/rp_filter=2` first, which holds until the next boot"
    )]
    StrictReversePath {
        /// The device that answers come in by.
        device: String,
    },
}

/// The machine's routing as Hushwall changed it. Dropping it takes all of it back.
#[derive(Debug)]
pub(crate) struct Routes {
    state: Option<State>,
    ip: Iproute2,
}

impl Routes {
    /// Takes back what an earlier, killed run left in this network, and begins a record.
    pub(crate) fn claim(device: &str) -> Result<Self, RoutesError> {
        let upstream = families::upstream_devices(device);
        if let Some(device) = upstream
            .into_iter()
            .find(|device| has_strict_reverse_path(device))
        {
            return Err(RoutesError::StrictReversePath { device });
        }
        let mut ip = Iproute2;
        let state = State::claim(Path::new(FOLDER), &network(), device, &mut ip)?;
        Ok(Self {
            state: Some(state),
            ip,
        })
    }

    /// Brings the machine's traffic into the device, which exists.
    pub(crate) fn lay(
        &mut self,
        device: &str,
        mtu: u16,
        depth: Depth,
        resolvers: &[IpAddr],
        behind_resolved: bool,
    ) -> Result<(), RoutesError> {
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        let mtu = mtu.to_string();
        // Not on record: the device goes with the run.
        self.ip
            .run(&["link", "set", "dev", device, "up", "mtu", &mtu])
            .map_err(StateError::from)?;
        for step in plan::plan(device, families(), depth, resolvers) {
            state.make(&step, &mut self.ip)?;
        }
        if behind_resolved {
            resolved::announce(device);
        }
        Ok(())
    }

    /// Takes all of it back.
    pub(crate) fn take_back(&mut self) -> Result<(), RoutesError> {
        let Some(state) = self.state.take() else {
            return Ok(());
        };
        Ok(state.take_back(&mut self.ip)?)
    }
}

impl Drop for Routes {
    fn drop(&mut self) {
        if let Err(error) = self.take_back() {
            let error = anyhow::Error::from(error);
            tracing::error!("routing was not taken back, the next start tries again: {error:#}");
        }
    }
}

/// The families that the kernel speaks.
fn families() -> &'static [Family] {
    match fs::read_to_string("/proc/sys/net/ipv6/conf/all/disable_ipv6") {
        Ok(disabled) if disabled.trim() == "0" => &Family::BOTH,
        _ => &[Family::V4],
    }
}

/// Answers to marked sockets come in where an unmarked packet to their source would not go out (RFC 3704 section
/// 2.2). The kernel takes the larger of `all` and the device's own setting: 1 is strict, 2 is loose.
fn has_strict_reverse_path(device: &str) -> bool {
    let setting = |of: &str| {
        let text = fs::read_to_string(format!("/proc/sys/net/ipv4/conf/{of}/rp_filter")).ok()?;
        text.trim().parse::<u8>().ok()
    };
    setting("all").max(setting(device)) == Some(1)
}

/// The network namespace, as a number: several may share `/run`.
fn network() -> String {
    let link = fs::read_link("/proc/self/ns/net").unwrap_or_default();
    let digits: String = link
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.is_empty() { "0".to_owned() } else { digits }
}
