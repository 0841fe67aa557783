//! Many connections, all open at the same time.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4};

use crate::client_words;

on_both_paths!(thousand_flows_open_at_once_each_get_their_own_bytes);

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
