//! `hushwall lists match`: the verdict on each name of stdin, or address, with or without its port.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::{Because, Rules, Verdict};
use curation::Place;

use super::edition::Edition;
use super::progress::Progress;
use crate::rules::{self, RuleArgs};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    rules: RuleArgs,
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let edition = Edition::read(&args.from)?;
    edition.tell()?;
    let rules = rules::load_onto(edition.rules(args.rules.preset.into()), &args.rules)?;
    let stdin = io::stdin().lock();
    let mut progress = Progress::new(size_of_stdin(), "names");
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let result = judge(
        &rules,
        io::BufReader::with_capacity(1 << 16, stdin),
        &mut out,
        &mut progress,
    );
    progress.clear();
    result?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The size, where stdin is a file.
fn size_of_stdin() -> Option<u64> {
    let stdin = File::open("/dev/stdin").ok()?.metadata().ok()?;
    stdin.is_file().then_some(stdin.len())
}

/// A line a name: `name<TAB>block|allow<TAB>rule or -`. Empty lines are left out.
fn judge(
    rules: &Rules,
    mut names: impl BufRead,
    out: &mut impl Write,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = names
            .read_until(b'\n', &mut line)
            .context("cannot read the names")?;
        if read == 0 {
            return Ok(());
        }
        progress.advance(read as u64);
        let name = line.trim_ascii();
        if name.is_empty() {
            continue;
        }
        let name = String::from_utf8_lossy(name);
        let verdict = verdict(rules, &name);
        let rule = match verdict.because {
            Because::AppRule(id)
            | Because::OwnerAllow(id)
            | Because::OwnerBlock(id)
            | Because::Essential(id)
            | Because::Feature(id)
            | Because::List(id) => rules.rule(id).map_or("-", |rule| rule.id),
            Because::NoRule => "-",
        };
        let action = if verdict.is_block() { "block" } else { "allow" };
        writeln!(out, "{name}\t{action}\t{rule}")?;
    }
}

/// Reads a place as `lists explain` does. Without a port, only rules on all ports meet an address.
fn verdict(rules: &Rules, text: &str) -> Verdict {
    match Place::parse(text).and_then(|place| place.endpoint()) {
        Some((address, port)) => rules.verdict_ip(address, port, None).unwrap_or(Verdict::NO_RULE),
        None => rules.verdict(text, None),
    }
}

#[cfg(test)]
mod tests {
    use blocklist::{Preset, RulesBuilder};

    use super::*;

    #[test]
    fn each_name_gets_a_line_with_verdict_and_rule() {
        let rules = RulesBuilder::new(Preset::Balanced)
            .block("own.example")
            .unwrap()
            .build();
        let names =
            b"tracking.miui.com\r\nupdate.miui.com\n\nfree.example\na.own.example\nbroken\xff.example";
        let mut out = Vec::new();
        judge(&rules, &names[..], &mut out, &mut Progress::new(None, "names")).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(
            out,
            "tracking.miui.com\tblock\tonetrack/tracking-cn\nupdate.miui.com\tallow\tessential/update-cn\n\
             free.example\tallow\t-\na.own.example\tblock\town.example\nbroken\u{fffd}.example\tallow\t-\n"
        );
    }

    #[test]
    fn an_address_is_judged_with_the_port_that_is_said() {
        let rules = RulesBuilder::new(Preset::Balanced)
            .without_feature("encrypted-dns")
            .unwrap()
            .block("203.0.113.30")
            .unwrap()
            .block("2001:db8::1")
            .unwrap()
            .build();
        for (asked, blocks) in [
            ("203.0.113.30", true),
            ("203.0.113.30:80", true),
            ("203.0.113.31:80", false),
            ("2001:db8::1", true),
            ("[2001:db8::1]:443", true),
            ("[2001:db8::2]:443", false),
            ("8.8.8.8:853", true),
            ("8.8.8.8:9", false),
        ] {
            assert_eq!(verdict(&rules, asked).is_block(), blocks, "{asked}");
        }
    }
}
