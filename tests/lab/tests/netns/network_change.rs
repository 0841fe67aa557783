//! The way out is taken away and comes back.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Background, Lab, Path, Plan, Record, ordinary_v4, ordinary_v6, until};

on_both_paths!(
    network_taken_away_and_back_works_again_soon,
    open_flow_outlives_a_network_that_comes_back_as_it_was,
);

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

/// A connection in the phone over which something is said all the time.
fn keep(lab: &Lab, seconds: &str) -> Result<(Background, Background)> {
    let at = format!("{}:7000", ordinary_v4(10));
    let server = lab.serve(&["echo", &at])?;
    let mut client = lab.client(&["keep", &at, seconds])?;
    let mut client = Background::start(&mut client, lab.directory(), "keep")?;
    client.wait_for_line("open", Duration::from_secs(5))?;
    Ok((server, client))
}

fn open_flow_outlives_a_network_that_comes_back_as_it_was(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let (_server, mut client) = keep(&lab, "4")?;
    lab.disconnect_wall()?;
    // Not waited for anything: this is how long the network is away.
    std::thread::sleep(Duration::from_millis(500));
    lab.connect_wall()?;
    client.wait_for_line("kept", Duration::from_secs(15)).map(drop)
}

#[test]
fn open_flow_of_a_lost_network_is_reset_in_another() -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &[])?;
    let (_server, mut client) = keep(&lab, "20")?;
    lab.disconnect_wall()?;
    lab.internet.ip("addr add 10.78.0.2/24 dev in0")?;
    for words in [
        "link set out0 up",
        "addr add 10.78.0.1/24 dev out0",
        "route add default via 10.78.0.2",
    ] {
        lab.wall.ip(words)?;
    }
    // It looks at the network when something happens, at most every five seconds.
    until("a reset of the lost flow", Duration::from_secs(15), || {
        lab.phone_output("dig", &["+tries=1", "+time=1", "site.example"])?;
        Ok(client.stdout().contains("lost ConnectionReset"))
    })?;
    client.wait(Duration::from_secs(1)).map(drop)
}
