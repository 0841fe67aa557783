//! `hushwall lists match`: the verdict on each name of stdin, or address, with or without its port.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::{Because, Rules, Verdict};
use curation::Place;

use super::FOUND;
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
    let unread = result?;
    out.flush()?;
    unread.tell(&mut io::stderr().lock())?;
    Ok(ExitCode::from(if unread.lines > 0 { FOUND } else { 0 }))
}

/// The size, where stdin is a file.
fn size_of_stdin() -> Option<u64> {
    let stdin = File::open("/dev/stdin").ok()?.metadata().ok()?;
    stdin.is_file().then_some(stdin.len())
}

/// Lines that are neither a name nor an address.
#[derive(Debug, Default)]
struct Unread {
    lines: usize,
    /// Number and text of the first.
    first: Option<(usize, String)>,
}

impl Unread {
    fn push(&mut self, number: usize, text: &str) {
        self.lines += 1;
        self.first.get_or_insert_with(|| (number, text.to_owned()));
    }

    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let Some((number, text)) = &self.first else {
            return Ok(());
        };
        writeln!(
            out,
            "{} unread: neither a name nor an address. The first is line {number}: {}",
            self.lines,
            curation::visible(&mend(text))
        )
    }
}

/// What to write instead of a line that is not read.
fn mend(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    let first = words.next().and_then(|first| first.split('%').next());
    let is_hosts_line = first.is_some_and(|first| first.parse::<IpAddr>().is_ok());
    match (curation::asked(text), words.next()) {
        (_, Some(name)) if is_hosts_line => format!(
            "`{text}` is a line of a hosts file; `hushwall lists import` makes rules of its names, for --list; to ask about \
             one, write `{name}`"
        ),
        (Ok(_), _) if Place::parse(text).is_some() => {
            format!("`{text}` is a network; write one address of it")
        }
        (Ok(meant), _) => format!("`{text}` has more than a name; write `{meant}`"),
        (Err(mend), _) => mend,
    }
}

/// A line a name: `name<TAB>block|allow|unread<TAB>rule or -`. Empty lines are left out.
fn judge(
    rules: &Rules,
    mut names: impl BufRead,
    out: &mut impl Write,
    progress: &mut Progress,
) -> anyhow::Result<Unread> {
    let (mut line, mut unread) = (Vec::new(), Unread::default());
    for number in 1.. {
        line.clear();
        let read = names
            .read_until(b'\n', &mut line)
            .context("cannot read the names")?;
        if read == 0 {
            break;
        }
        progress.advance(read as u64);
        let name = line.trim_ascii();
        if name.is_empty() {
            continue;
        }
        let name = String::from_utf8_lossy(name);
        let Some(verdict) = verdict(rules, &name) else {
            unread.push(number, &name);
            let name = curation::visible(&name).replace('\t', " ");
            writeln!(out, "{name}\tunread\t-")?;
            continue;
        };
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
    Ok(unread)
}

/// Reads a place as `lists explain` does; `None` for what is neither a name nor an address. Without a port, only rules on
/// all ports meet an address.
fn verdict(rules: &Rules, text: &str) -> Option<Verdict> {
    // Most lines are names, which need no other look.
    let may_be_place = text.ends_with(|last: char| last.is_ascii_digit()) || text.contains([':', '/', '[']);
    if let Some(place) = may_be_place.then(|| Place::parse(text)).flatten() {
        let (address, port) = place.endpoint()?;
        let verdict = rules.verdict_ip(address, port, None);
        return Some(verdict.unwrap_or(Verdict::NO_RULE));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    blocklist::is_name(name).then(|| rules.verdict(name, None))
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
             free.example\tallow\t-\na.own.example\tblock\town.example\nbroken\u{fffd}.example\tunread\t-\n"
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
            assert_eq!(verdict(&rules, asked).unwrap().is_block(), blocks, "{asked}");
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_an_address_is_told_with_its_mend() {
        let rules = RulesBuilder::default().build();
        for (text, said) in [
            ("0.0.0.0 tracking.miui.com", "`hushwall lists import`"),
            ("fe80::1%lo0\tlocalhost", "line of a hosts file"),
            ("https://x.com/", "write `x.com`"),
            ("x.com:443", "write `x.com`"),
            ("192.0.2.0/24", "write one address"),
            ("not a name", "neither a name nor an address"),
            ("a..b", "write it as"),
            ("\u{1b}[31m.com", "\\u{1b}[31m.com"),
        ] {
            let names = format!("com\n\n{text}\n_dns.resolver.arpa.\n::1\nx y\n");
            let (mut out, mut told) = (Vec::new(), Vec::new());
            let mut progress = Progress::new(None, "names");
            let unread = judge(&rules, names.as_bytes(), &mut out, &mut progress).unwrap();
            unread.tell(&mut told).unwrap();
            let (out, told) = (String::from_utf8(out).unwrap(), String::from_utf8(told).unwrap());
            let verdicts: Vec<&str> = out.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
            assert_eq!(verdicts, ["allow", "unread", "allow", "allow", "unread"], "{out}");
            assert!(
                told.starts_with("2 unread") && told.contains("line 3: ") && told.contains(said),
                "{told}"
            );
        }
    }
}
