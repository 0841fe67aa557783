//! Many connections, all open at the same time.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4, until};

use crate::client_words;

on_both_paths!(
    thousand_flows_open_at_once_each_get_their_own_bytes,
    thousand_hellos_on_443_are_all_answered,
);

fn thousand_flows_open_at_once_each_get_their_own_bytes(path: Path) -> Result<()> {
    let lab = Lab::start(
        Plan {
            alone: true,
            ..Plan::new(path)
        },
        &[],
        &[],
    )?;
    let at = format!("{}:7000", ordinary_v4(10));
    let _server = lab.serve(&["echo", &at])?;
    let words = client_words(&lab, &["flows", &at, "1000"])?;
    ensure!(words == ["flows", "1000"], "{words:?}");
    Ok(())
}

/// The silent opening: the phone is answered before the server is, and its hello is judged by its name.
fn thousand_hellos_on_443_are_all_answered(path: Path) -> Result<()> {
    let lab = Lab::start(
        Plan {
            alone: true,
            ..Plan::new(path)
        },
        &[],
        &[],
    )?;
    let at = format!("{}:443", ordinary_v4(10));
    let _server = lab.serve(&["echo", &at])?;
    let words = client_words(&lab, &["hellos", &at, "1000"])?;
    ensure!(words == ["flows", "1000"], "{words:?}");
    if let Ok(hushwall) = lab.hushwall() {
        until("a verdict on every name", Duration::from_secs(5), || {
            let verdicts = hushwall.verdicts();
            let named = verdicts
                .iter()
                .filter(|verdict| verdict.seen == "tls_server_name" && !verdict.blocked);
            Ok(named.count() == 1000)
        })?;
    }
    Ok(())
}
