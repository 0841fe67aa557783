//! `hushwall lists export`: what is in force, in the forms of other tools.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use blocklist::{Event, Plain, Rules, Syntax, Target, Tone};
use clap::ValueEnum as _;

use self::format::{Extra, Format};
use self::head::Licences;
use self::plan::{Loss, Plan};
use self::tree::Tree;
use super::edition::Edition;
use crate::rules::{self, Preset, RuleArgs};

mod format;
mod head;
mod plan;
mod tree;

/// Names shown of each kind of loss; the rest is counted.
const SHOWN: usize = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The form.
    #[arg(value_enum)]
    format: Format,
    #[command(flatten)]
    rules: RuleArgs,
    /// In AdGuard's syntax, let feature names (themes, push ...) through whatever other lists say, as essential names are.
    #[arg(long)]
    keep_features: bool,
    /// Files or folders of records [default: blocklists, or what this program was built with].
    #[arg(long, value_name = "FILE|DIR")]
    from: Vec<PathBuf>,
    /// Name every rule that was narrowed, widened or left out, not the first few.
    #[arg(long)]
    full: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let edition = Edition::read(&args.from)?;
    edition.tell()?;
    let rules = rules::load_onto(edition.rules(args.rules.preset.into()), &args.rules)?;
    let (mut sources, mut licences) = (Sources::new(args.format), Licences::new());
    sources.keep_features = args.keep_features;
    sources.without.clone_from(&args.rules.without);
    sources.add_builtin(&edition.collection, args.rules.preset);
    if args.rules.preset != Preset::None {
        licences = head::licences(&edition.collection);
    }
    for path in args.rules.lists.iter().chain(&args.rules.allow_lists) {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            !bytes.starts_with(rules::COMPILED),
            "{} is compiled, and others want the text; give the lists that it was built from",
            path.display()
        );
        let text = String::from_utf8_lossy(&bytes);
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        licences.insert(name, head::licence_of(&text));
        sources.add(&text);
    }
    for name in args.rules.allow.iter().chain(&args.rules.block) {
        sources.add(name);
    }
    let (plan, body) = export(&rules, sources, args.format, &edition.version.to_string());
    let form = args.format.to_possible_value();
    let preset = args.rules.preset.to_possible_value();
    let title = format!(
        "Hushwall, preset {}, as {}",
        preset.as_ref().map_or("", |preset| preset.get_name()),
        form.as_ref().map_or("", |form| form.get_name()),
    );
    let mut out = io::stdout().lock();
    out.write_all(head::head(&title, edition.version, &licences, &plan, args.format).as_bytes())?;
    out.write_all(body.as_bytes())?;
    out.flush()?;
    let shown = if args.full { usize::MAX } else { SHOWN };
    report(&plan.loss, shown, &mut io::stderr().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// The lines without their head.
fn export(rules: &Rules, sources: Sources, format: Format, serial: &str) -> (Plan, String) {
    let tree = Tree::new(rules, sources.names);
    let mut plan = Plan::new(&tree, format, sources.keep_features);
    plan.loss.swallowing.extend(
        tree.refused(&sources.blocked)
            .map(|name| (name.to_owned(), name.to_owned())),
    );
    plan.loss.foreign.extend(sources.foreign);
    plan.loss.widened.extend(sources.lost_exceptions);
    let body = format.emit(&plan.steps, &sources.extras, serial);
    (plan, body)
}

/// What the rules in force mention.
#[derive(Debug)]
struct Sources {
    format: Format,
    names: Vec<String>,
    extras: Vec<Extra>,
    /// Names that the lists of others, and the owner, block.
    blocked: HashSet<String>,
    /// Blocks that are not on names and that the form has no words for.
    foreign: Vec<String>,
    /// Exceptions of that kind.
    lost_exceptions: Vec<String>,
    /// Whether other lists are told to let feature names through.
    keep_features: bool,
    /// Features that are not in use.
    without: Vec<String>,
}

impl Sources {
    fn new(format: Format) -> Self {
        Self {
            format,
            names: Vec::new(),
            extras: Vec::new(),
            blocked: HashSet::new(),
            foreign: Vec::new(),
            lost_exceptions: Vec::new(),
            keep_features: false,
            without: Vec::new(),
        }
    }

    fn add_builtin(&mut self, builtin: &curation::Collection, preset: Preset) {
        if self.format.knows_exact_names_only() {
            // A host beneath a rule on subdomains is blocked by it, though nothing more is known of it: a lead.
            let known = builtin
                .rules()
                .filter(|(_, rule)| rule.status == records::Status::Lead);
            let known = known.filter(|(_, rule)| rule.network.is_none());
            self.names.extend(known.map(|(_, rule)| rule.pattern.clone()));
        }
        for (_, rule) in builtin.shipped() {
            let Some((addr, length, port)) = rule.network else {
                self.names.push(rule.pattern.to_ascii_lowercase());
                continue;
            };
            let blocks = match &rule.kept {
                records::Kept::Block(from) => preset.contains(*from),
                records::Kept::Feature(feature, from) => {
                    self.without.contains(feature) && preset.contains(*from)
                }
                records::Kept::Essential => false,
            };
            if blocks {
                let text = match (port, addr) {
                    (0, _) => format!("{addr}/{length}"),
                    (port, std::net::IpAddr::V4(_)) => format!("{addr}/{length}:{port}"),
                    (port, std::net::IpAddr::V6(_)) => format!("[{addr}/{length}]:{port}"),
                };
                self.add(&text);
            }
        }
    }

    /// Takes in what a list mentions; what is wrong with it was said when its rules were loaded.
    fn add(&mut self, text: &str) {
        Syntax::detect(text).read(text, Plain::default(), &mut |_, event| {
            let Event::Rule(pattern) = event else { return };
            if let Target::Name(name, _) = pattern.target {
                let name = name.to_ascii_lowercase();
                if matches!(pattern.tone, Tone::Block | Tone::Important) {
                    self.blocked.insert(name.clone());
                }
                self.names.push(name);
                return;
            }
            match (self.format.extra(&pattern), pattern.tone) {
                (Some(extra), _) => self.extras.push(extra),
                (None, Tone::Block | Tone::Important) => self.foreign.push(pattern.to_string()),
                (None, Tone::Except | Tone::ImportantExcept) => {
                    self.lost_exceptions.push(pattern.to_string())
                }
            }
        });
    }
}

/// What was lost, for people.
fn report(loss: &Loss, most: usize, out: &mut impl io::Write) -> io::Result<()> {
    let swallowing: Vec<String> = loss
        .swallowing
        .iter()
        .map(|(rule, kept)| format!("{rule} (keeps {kept})"))
        .collect();
    for (what, names) in [
        ("narrowed", &loss.narrowed),
        ("widened", &loss.widened),
        (
            "left out, since they would swallow names that must work",
            &swallowing,
        ),
        (
            "whose answer the tool chooses, and which are of use only if that is \"no such name\"",
            &loss.replies,
        ),
        ("left out, since this form has no words for them", &loss.foreign),
    ] {
        write!(out, "{} {what}", names.len())?;
        let shown: Vec<&str> = names.iter().take(most).map(String::as_str).collect();
        if !shown.is_empty() {
            write!(out, ": {}", shown.join(", "))?;
            if let Some(more @ 1..) = names.len().checked_sub(most) {
                write!(out, ", and {more} more (--full names them)")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
