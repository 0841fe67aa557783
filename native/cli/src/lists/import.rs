//! `hushwall lists import`: lists of other tools, in one normal form.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use blocklist::{Event, Pattern, Plain, Reach, Skip, Syntax, Target, Tone};
use clap::ValueEnum;

use super::FOUND;
use super::progress::Progress;
use crate::counted::counted;

/// Wrong lines shown of each file; the rest is counted.
const SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lists: hosts, domains, wildcards, AdBlock, dnsmasq, unbound, RPZ.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What a name alone on its line stands for.
    #[arg(long = "as", value_name = "REACH", value_enum, default_value_t = As::Subdomains)]
    plain: As,
    /// How the files are written; told from their first lines if not given.
    #[arg(long, value_name = "SYNTAX", value_enum)]
    syntax: Option<Form>,
}

/// What a name alone on its line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum As {
    /// The name alone.
    Exact,
    /// The name and all beneath it.
    Subdomains,
}

impl From<As> for Plain {
    fn from(plain: As) -> Self {
        match plain {
            As::Exact => Self::Exact,
            As::Subdomains => Self::Subdomains,
        }
    }
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Hosts,
    Domains,
    Wildcards,
    Adblock,
    Dnsmasq,
    Unbound,
    Rpz,
}

impl From<Form> for Syntax {
    fn from(form: Form) -> Self {
        match form {
            Form::Hosts => Self::Hosts,
            Form::Domains => Self::Domains,
            Form::Wildcards => Self::Wildcards,
            Form::Adblock => Self::Adblock,
            Form::Dnsmasq => Self::Dnsmasq,
            Form::Unbound => Self::Unbound,
            Form::Rpz => Self::Rpz,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let plain = Plain::from(args.plain);
    let mut import = Import::new(BufWriter::new(io::stdout().lock()));
    let mut found = false;
    for path in &args.files {
        ensure!(
            !path.is_dir(),
            "{} is a folder; name the lists in it",
            path.display()
        );
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        ensure!(
            args.syntax.is_some() || !is_rule_set(&text),
            "{} is a rule set of Clash or sing-box, and these forms are not read; give the list as hosts, domains, wildcards, \
             AdBlock, dnsmasq, unbound or RPZ",
            path.display()
        );
        let syntax = args.syntax.map_or_else(|| Syntax::detect(&text), Syntax::from);
        let mut progress = Progress::new(u64::try_from(text.lines().count()).ok(), "rules");
        let report = import.read(&text, syntax, plain, &mut progress);
        progress.clear();
        let report = report?;
        found |= !report.bad.is_empty();
        report.write(&path.display().to_string(), syntax, &mut io::stderr().lock())?;
    }
    import.out.flush()?;
    Ok(ExitCode::from(if found { FOUND } else { 0 }))
}

/// What was read, each rule once.
struct Import<W> {
    out: W,
    seen: HashSet<String>,
}

/// What became of a file.
#[derive(Debug, Default)]
struct Report {
    rules: usize,
    twice: usize,
    /// Of the rules, by what they are about.
    kinds: BTreeMap<&'static str, usize>,
    /// Names alone, whose reach the reader was told.
    plain: usize,
    /// Rules that said less than their name: a scheme, only pages, or some types of questions.
    widened: usize,
    /// Patterns without a sign of where they end, which are read as parts of a name.
    open: usize,
    /// Rules that leave names alone, which became exceptions of the whole list.
    excepting: usize,
    /// What has no meaning for names, with the first line of each kind.
    skipped: BTreeMap<String, (usize, usize)>,
    /// The same of exceptions: what they let through is blocked.
    lost: BTreeMap<String, (usize, usize)>,
    bad: Vec<(usize, String)>,
}

impl<W: io::Write> Import<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            seen: HashSet::new(),
        }
    }

    fn read(
        &mut self,
        text: &str,
        syntax: Syntax,
        plain: Plain,
        progress: &mut Progress,
    ) -> io::Result<Report> {
        let (mut report, mut written) = (Report::default(), Ok(()));
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        let is_hosts = |line: usize| {
            let line = line.checked_sub(1).and_then(|at| lines.get(at));
            line.is_some_and(|line| is_hosts_line(line))
        };
        syntax.read(text, plain, &mut |line, event| match event {
            Event::Rule(pattern) => {
                progress.advance(1);
                let is_plain = is_plain(&pattern) && reads_names(syntax) && !is_hosts(line);
                report.plain += usize::from(is_plain);
                let mut normal = pattern.to_string();
                normal.make_ascii_lowercase();
                if self.seen.contains(&normal) {
                    report.twice += 1;
                    return;
                }
                report.rules += 1;
                report.widened += usize::from(is_widened(pattern.text));
                report.open += usize::from(is_open(&pattern));
                report.excepting += usize::from(has_modifier(pattern.text, &["denyallow"]));
                *report.kinds.entry(kind(&pattern)).or_default() += 1;
                if written.is_ok() {
                    written = writeln!(self.out, "{normal}");
                }
                self.seen.insert(normal);
            }
            Event::Skipped(skip, code) => {
                let skipped = match is_exception(code) {
                    true => &mut report.lost,
                    false => &mut report.skipped,
                };
                let count = skipped.entry(phrase(skip, code)).or_insert((0, line));
                count.0 += 1;
            }
            Event::Bad(mend) => report.bad.push((line, mend)),
        });
        written.map(|()| report)
    }
}

impl Report {
    fn write(&self, file: &str, syntax: Syntax, out: &mut impl io::Write) -> io::Result<()> {
        for (line, mend) in self.bad.iter().take(SHOWN) {
            writeln!(out, "{file}:{line}: {}", curation::visible(mend))?;
        }
        if let Some(more) = self.bad.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let lines = counted(more, "more line");
            writeln!(out, "{file}: {lines} wrong")?;
        }
        write!(
            out,
            "{file}: {} syntax, {}",
            word(syntax),
            counted(self.rules, "rule")
        )?;
        if !self.kinds.is_empty() {
            let kinds: Vec<String> = self.kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
            write!(out, " ({})", kinds.join(", "))?;
        }
        writeln!(out, ", {} said twice, {} wrong", self.twice, self.bad.len())?;
        if self.plain > 0 {
            writeln!(
                out,
                "{file}: {} alone on the line; --as says whether what is beneath is meant, too",
                counted(self.plain, "name")
            )?;
        }
        if self.widened > 0 {
            writeln!(
                out,
                "{file}: widened {} on a scheme, on pages or on some types of questions alone, to all that the name serves",
                counted(self.widened, "rule")
            )?;
        }
        if self.open > 0 {
            writeln!(
                out,
                "{file}: widened {} without an end, such as `*name`, to names that go on behind it; `--syntax wildcards` \
                 takes it for a whole name",
                counted(self.open, "pattern")
            )?;
        }
        if self.excepting > 0 {
            writeln!(
                out,
                "{file}: narrowed by {} with $denyallow: the names that are left alone became `@@` rules, which lift other \
                 rules of the list on these names, too",
                counted(self.excepting, "rule")
            )?;
        }
        for (how, what, why, skipped) in [
            (
                "narrowed by",
                "line",
                "without a meaning for names",
                &self.skipped,
            ),
            (
                "widened by",
                "exception",
                "without a meaning for names, which let nothing through",
                &self.lost,
            ),
        ] {
            let all: usize = skipped.values().map(|(count, _)| count).sum();
            if all > 0 {
                writeln!(out, "{file}: {how} {} {why}:", counted(all, what))?;
            }
            for (phrase, (count, first)) in skipped {
                writeln!(
                    out,
                    "{file}:   {count} {} (first in line {first})",
                    curation::visible(phrase)
                )?;
            }
        }
        Ok(())
    }
}

/// Whether a line lets names through; those of pages alone, which show what others hide, do not.
fn is_exception(code: &str) -> bool {
    const OF_PAGES: [&str; 7] = [
        "elemhide",
        "ehide",
        "generichide",
        "ghide",
        "specifichide",
        "shide",
        "genericblock",
    ];
    code.starts_with("@@") && !has_modifier(code, &OF_PAGES)
}

/// Whether a rule was on a scheme, on pages or on types of questions alone, which a rule on a name does not tell apart.
fn is_widened(code: &str) -> bool {
    let body = code.split_once('$').map_or(code, |(body, _)| body);
    body.contains("://") || has_modifier(code, &["document", "doc", "dnstype"])
}

/// Whether a pattern may have been meant as a whole name with `*` in it, and was read as AdBlock's, a part of one.
fn is_open(pattern: &Pattern<'_>) -> bool {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'*');
    let code = pattern.text;
    matches!(pattern.target, Target::Wildcard(_))
        && code.contains('*')
        && !code.ends_with('*')
        && code.bytes().all(is_of_names)
        && pattern.to_string().ends_with('*')
}

fn has_modifier(code: &str, sought: &[&str]) -> bool {
    let (_, modifiers) = code.split_once('$').unwrap_or_default();
    let mut names = modifiers
        .split(',')
        .map(|modifier| modifier.split('=').next().unwrap_or(modifier).trim());
    names.any(|name| sought.contains(&name))
}

/// Whether the first line that holds anything begins a rule set of Clash (YAML, or its lines alone) or of sing-box (JSON).
fn is_rule_set(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"));
    first.is_some_and(|first| {
        let kind = first.split_once(',').map_or("", |(kind, _)| kind);
        first.starts_with("payload:")
            || first.starts_with('{')
            || first.starts_with("- ")
            || first.starts_with("+.")
            || matches!(
                kind,
                "DOMAIN" | "DOMAIN-SUFFIX" | "DOMAIN-KEYWORD" | "DOMAIN-REGEX" | "IP-CIDR" | "IP-CIDR6"
            )
    })
}

fn is_hosts_line(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let address = words.next().and_then(|first| first.split('%').next());
    words.next().is_some() && address.is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// Whether a name may stand alone on its line.
const fn reads_names(syntax: Syntax) -> bool {
    matches!(syntax, Syntax::Domains | Syntax::Wildcards | Syntax::Adblock)
}

fn is_plain(pattern: &Pattern<'_>) -> bool {
    pattern.tone == Tone::Block
        && matches!(pattern.target, Target::Name(name, _) if pattern.text.trim_end_matches('.') == name)
}

fn kind(pattern: &Pattern<'_>) -> &'static str {
    match pattern.target {
        Target::Name(_, Reach::Exact) => "exact",
        Target::Name(_, Reach::Subdomains) => "with subdomains",
        Target::Name(_, Reach::Below) => "beneath a name",
        Target::Wildcard(_) => "with wildcards",
        Target::Address(_) => "on addresses",
    }
}

/// What was left out, for people; a modifier by its own name.
fn phrase(skip: Skip, code: &str) -> String {
    match skip {
        Skip::Cosmetic => "cosmetic rules".to_owned(),
        Skip::Regex => "regular expressions".to_owned(),
        Skip::Wildcard => "paths, or patterns that say next to nothing".to_owned(),
        Skip::Redirect => "answers of the list's own".to_owned(),
        Skip::Local => "names of the machine itself".to_owned(),
        Skip::Modifier => match modifier(code) {
            Some(modifier) => format!("rules with the modifier ${modifier}"),
            None => "settings, or conditions other than the name".to_owned(),
        },
    }
}

/// The first modifier that has no meaning for names.
fn modifier(code: &str) -> Option<&str> {
    const KNOWN: [&str; 5] = ["important", "all", "document", "doc", "dnsrewrite"];
    let (_, modifiers) = code.split_once('$')?;
    let names = modifiers
        .split(',')
        .map(|modifier| modifier.split('=').next().unwrap_or(modifier).trim());
    names
        .filter(|name| {
            name.len() <= 30
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'~' || b == b'-' || b == b'_')
        })
        .find(|name| !name.is_empty() && !KNOWN.contains(name))
}

const fn word(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Hosts => "hosts",
        Syntax::Domains => "domains",
        Syntax::Wildcards => "wildcards",
        Syntax::Adblock => "AdBlock",
        Syntax::Dnsmasq => "dnsmasq",
        Syntax::Unbound => "unbound",
        Syntax::Rpz => "RPZ",
    }
}

#[cfg(test)]
mod tests;
