//! What crossed the phone's and the server's interface, for the one who looks into a failure.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::background::Background;
use crate::namespace::Namespace;

/// Whether labs record and stay on disk: `LAB_KEEP=1`.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os("LAB_KEEP").is_some()
}

/// Records every packet of `namespace` in `directory/NAME.pcap`.
pub(crate) fn start(namespace: &Namespace, directory: &Path, name: &str) -> Result<Background> {
    let mut command = namespace.bare_command("tcpdump");
    command
        .args([
            "-i",
            "any",
            "-n",
            "-U",
            "--immediate-mode",
            "-s",
            "200",
            "-Z",
            "root",
            "-w",
        ])
        .arg(directory.join(format!("{name}.pcap")));
    let mut capture = Background::start(&mut command, directory, &format!("tcpdump-{name}"))?;
    let listens = |capture: &Background| capture.stderr().contains("listening");
    capture.wait_until("tcpdump", Duration::from_secs(5), listens)?;
    Ok(capture)
}
