//! systemd-resolved asks by sockets bound to its links, past every routing rule. Told that the device's link has a
//! resolver for all names, it asks there. The setting goes with the device.

use std::process::{Command, Stdio};

use super::ANNOUNCED;

/// Makes the device the way to all names.
pub(crate) fn announce(device: &str) {
    let resolver = ANNOUNCED.to_string();
    let calls: [&[&str]; 3] = [
        &["dns", device, &resolver],
        &["domain", device, "~."],
        &["default-route", device, "yes"],
    ];
    for arguments in calls {
        let status = Command::new("resolvectl")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            tracing::warn!("systemd-resolved did not take the device as its way; its questions may pass by");
            return;
        }
    }
}
