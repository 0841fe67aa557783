//! An upstream with one family only.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, Record, ordinary_v4, ordinary_v6};

use crate::ensure_said;

/// The phone must not try a family that leads nowhere.
#[test]
fn questions_for_a_family_without_a_route_are_answered_with_no_data() -> Result<()> {
    let mut lab = Lab::create(Plan::new(Path::Hushwall))?;
    lab.start_resolver(&[Record::dual("site.example", ordinary_v4(10), ordinary_v6(10))])?;
    lab.wall.ip("-6 route del default")?;
    lab.wall.ip("addr del fd77::1/64 dev out0")?;
    lab.start_hushwall(&[])?;
    let aaaa = lab
        .phone_output("dig", &["+tries=1", "site.example", "AAAA"])?
        .success()?;
    ensure_said(&aaaa, "status: NOERROR")?;
    ensure_said(&aaaa, "ANSWER: 0")?;
    let a = lab
        .phone_output("dig", &["+tries=1", "+short", "site.example", "A"])?
        .success()?;
    ensure!(a.stdout.trim() == ordinary_v4(10).to_string(), "{a:#?}");
    Ok(())
}
