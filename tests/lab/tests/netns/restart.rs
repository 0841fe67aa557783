//! The firewall is killed and starts again.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, Record, ordinary_v4};

use crate::ensure_said;

/// Outage means offline, never past the firewall.
#[test]
fn killed_firewall_leaves_the_phone_offline_and_a_new_one_takes_over() -> Result<()> {
    let records = [
        Record::v4("site.example", ordinary_v4(10)),
        Record::v4("blocked.example", ordinary_v4(11)),
    ];
    let mut lab = Lab::start(
        Plan::new(Path::Hushwall),
        &records,
        &["--block", "blocked.example"],
    )?;
    lab.start_web(&["site.example"])?;
    let counters = lab.count(&[ordinary_v4(10).into(), ordinary_v4(11).into()])?;
    ensure_said(&lab.curl(&["https://site.example/"])?, "host=site.example")?;
    lab.kill_and_restart_hushwall(|lab| {
        let before = counters.packets_to(ordinary_v4(10))?;
        let at = format!("site.example:443:{}", ordinary_v4(10));
        let page = lab.curl(&["--max-time", "1", "--resolve", &at, "https://site.example/"])?;
        ensure!(!page.is_success(), "a page without a firewall: {page:#?}");
        ensure!(counters.packets_to(ordinary_v4(10))? == before, "packets passed");
        Ok(())
    })?;
    ensure_said(&lab.curl(&["https://site.example/"])?, "host=site.example")?;
    let page = lab.curl(&["https://blocked.example/"])?;
    ensure!(!page.is_success(), "{page:#?}");
    ensure!(
        counters.packets_to(ordinary_v4(11))? == 0,
        "packets to the blocked name's address"
    );
    Ok(())
}
