//! The way out is taken away and comes back.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, Record, ordinary_v4, ordinary_v6, until};

on_both_paths!(network_taken_away_and_back_works_again_soon);

fn network_taken_away_and_back_works_again_soon(path: Path) -> Result<()> {
    let records = [Record::dual("site.example", ordinary_v4(10), ordinary_v6(10))];
    let mut lab = Lab::start(Plan::new(path), &records, &[])?;
    lab.start_web(&["site.example"])?;
    let works = || {
        Ok(lab
            .curl(&["--max-time", "2", "https://site.example/"])?
            .is_success())
    };
    ensure!(works()?, "it did not work to begin with");
    lab.disconnect_wall()?;
    ensure!(!works()?, "it works without a network");
    lab.connect_wall()?;
    until("a page after the network is back", Duration::from_secs(5), works)
}
