//! What the firewall's log holds of a person's life: nothing.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, Record, ordinary_v4};

#[test]
fn no_name_and_no_address_is_on_standard_error() -> Result<()> {
    let records = [
        Record::v4("secret-site.example", ordinary_v4(10)),
        Record::v4("shut.example", ordinary_v4(11)),
    ];
    let mut lab = Lab::start(Plan::new(Path::Hushwall), &records, &["--block", "shut.example"])?;
    lab.start_web(&["secret-site.example"])?;
    for url in [
        "https://secret-site.example/",
        "http://shut.example/",
        "http://missing.example/",
    ] {
        lab.curl(&[url])?;
    }
    let closed = format!("closed.example:443:{}", ordinary_v4(12));
    lab.curl(&["--resolve", &closed, "https://closed.example:444/"])?;
    lab.kill_with_term(Duration::from_secs(5))?;
    let said = lab.hushwall()?.stderr();
    for word in [
        "secret-site",
        "shut.example",
        "missing",
        "closed",
        "198.51.100",
        "10.66.0.2",
    ] {
        ensure!(!said.contains(word), "{word:?} is in {said}");
    }
    Ok(())
}
