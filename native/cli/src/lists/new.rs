//! `hushwall lists new`: the draft of a record.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use curation::Sightings;

use super::propose::{COULD_NOT_RUN, Case, Cases, read_all, sentences};
use super::{FOUND, files};
use crate::counted::counted;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name that the record is to be about.
    #[arg(value_name = "NAME")]
    name: String,
    /// Captures (pcap, pcapng), recordings and breakage files of the phone, also gzip: what they tell of the name.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let name = curation::asked(&args.name).map_err(anyhow::Error::msg)?;
    let explained = curation::explain(&collection, &name);
    let mut rules = explained.met.iter().map(|met| met.rule);
    if let Some(rule) = rules.find(|rule| rule.network.is_none() && rule.pattern == name) {
        writeln!(
            io::stderr(),
            "hushwall: `{name}` has a record already, {} ({}); read it with `hushwall lists explain {name}`, and change that",
            rule.id,
            rule.status.as_str()
        )?;
        return Ok(ExitCode::from(FOUND));
    }
    let mut cases = Cases::new(vec![name.clone()]);
    let unread = read_all(&args.files, &mut cases)?;
    if unread > 0 {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let case = cases.cases.get(&name);
    if !args.files.is_empty() {
        tell_seen(&name, &cases)?;
    }
    let (sheet, draft) = curation::draft(
        &collection,
        &name,
        Sightings {
            first: case.and_then(|case| case.months.first()).map(String::as_str),
            last: case.and_then(|case| case.months.last()).map(String::as_str),
            sentences: &case.map_or_else(String::new, sentences),
        },
    );
    write!(io::stdout().lock(), "{draft}")?;
    let path = sheet.map_or("blocklists/COMPONENT.toml", |sheet| sheet.path.as_str());
    writeln!(
        io::stderr(),
        "next: append it with `>> {path}`, fill it in, then `hushwall lists fmt` and `hushwall lists lint`"
    )?;
    Ok(ExitCode::SUCCESS)
}

/// What the files tell of the name, and of those beneath it, which a draft with `match = "subdomains"` would hold, too.
fn tell_seen(name: &str, cases: &Cases) -> io::Result<()> {
    let mut err = io::stderr().lock();
    match cases.cases.get(name) {
        Some(Case { sightings, .. }) if *sightings > 0 => {
            let times = match sightings {
                1 => "once".to_owned(),
                more => counted(*more, "time"),
            };
            writeln!(err, "hushwall: {name}: seen {times} in captures")?;
        }
        Some(_) => writeln!(err, "hushwall: {name}: seen by a phone")?,
        None => writeln!(err, "hushwall: {name}: not seen in these files")?,
    }
    let personal = cases.left_out.personal.len();
    if personal > 0 {
        let names = counted(personal, "name");
        writeln!(err, "hushwall: left out: {names} of it that may tell of a person")?;
    }
    for beneath in cases.cases.keys().filter(|beneath| *beneath != name) {
        writeln!(err, "hushwall: seen beneath it: {beneath}")?;
    }
    Ok(())
}
