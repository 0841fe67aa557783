//! `hushwall lists build`: the compiled file, that a phone maps and does not load.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::List;
use blocklist::compiled::{self, Kind, ListSource, SourceRule};
use curation::{Collection, Level, Report};
use records::{Kept, Reach, ReplyKind, Rule};

use super::{FOUND, files};
use crate::counted::counted;
use crate::rules::{self, RulesError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files of records, or folders of them [default: blocklists]; and lists of other tools, in any syntax.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Where the compiled file goes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The title of the records' list.
    #[arg(long, value_name = "TITLE", default_value = "Hushwall")]
    title: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (sheets, lists): (Vec<PathBuf>, Vec<PathBuf>) = files::find(&args.paths)?
        .into_iter()
        .partition(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let Some((rules, features)) = shipped(sheets)? else {
        return Ok(ExitCode::from(FOUND));
    };
    let texts = lists
        .into_iter()
        .map(|path| Ok((path.to_string_lossy().into_owned(), files::read(&path)?)));
    let texts = texts.collect::<anyhow::Result<Vec<(String, String)>>>()?;
    let (bytes, lists) = emit(&args.title, &rules, &features, &texts)?;
    rules::tell_bad_lines(&lists);
    // Beside its place first, and then put there: whoever maps the old file keeps it whole.
    let beside = args.output.with_added_extension("part");
    let put = fs::write(&beside, &bytes).and_then(|()| fs::rename(&beside, &args.output));
    put.with_context(|| format!("cannot write {}", args.output.display()))?;
    let list = compiled::open(bytes)?;
    let (size, _) = list.size();
    writeln!(
        io::stderr(),
        "{}: {} on {}, {size} bytes",
        args.output.display(),
        counted(list.len(), "rule"),
        counted(list.names(), "name")
    )?;
    Ok(ExitCode::SUCCESS)
}

type Shipped = (Vec<Rule>, BTreeMap<String, String>);

/// The compiled file of records that have nothing wrong.
pub(super) fn compile(collection: &Collection, title: &str) -> anyhow::Result<Vec<u8>> {
    let rules: Vec<Rule> = collection.shipped().map(|(_, rule)| rule.clone()).collect();
    let files = collection
        .sheets
        .iter()
        .filter_map(|sheet| sheet.file.as_ref().ok());
    let features = files.flat_map(|file| &file.feature);
    let features = features.map(|(name, feature)| (name.clone(), feature.what.clone()));
    let (bytes, _) = emit(title, &rules, &features.collect(), &[])?;
    Ok(bytes)
}

/// The compiled file of rules with their switches, and of lists of other tools by title and text.
fn emit(
    title: &str,
    rules: &[Rule],
    features: &BTreeMap<String, String>,
    texts: &[(String, String)],
) -> Result<(Vec<u8>, Vec<List>), RulesError> {
    let patterns: Vec<String> = rules.iter().map(pattern).collect();
    let of_records: Vec<SourceRule<'_>> = rules
        .iter()
        .zip(&patterns)
        .map(|(rule, pattern)| source(rule, pattern))
        .collect();
    let features: Vec<(&str, &str)> = features
        .iter()
        .map(|(name, what)| (name.as_str(), what.as_str()))
        .collect();
    let mut sources = Vec::new();
    if !of_records.is_empty() {
        sources.push(ListSource::Records {
            title,
            rules: &of_records,
            features: &features,
        });
    }
    sources.extend(texts.iter().map(|(title, text)| ListSource::Text { title, text }));
    compiled::build_lists(&sources).map_err(RulesError::from)
}

/// The rules in force and the switches; `None` where a record is wrong, which is said.
fn shipped(sheets: Vec<PathBuf>) -> anyhow::Result<Option<Shipped>> {
    let (mut rules, mut features, mut is_wrong) = (Vec::new(), BTreeMap::new(), false);
    let collection = files::read_all(sheets)?;
    let mut errors = curation::lint(&collection);
    errors.retain(|found| found.level == Level::Error);
    let is_unfit = !errors.is_empty() && collection.sheets.iter().all(|sheet| sheet.file.is_ok());
    if is_unfit {
        curation::write_report(&mut io::stderr().lock(), Report::Text, &errors)?;
        return Ok(None);
    }
    for sheet in collection.sheets {
        let (path, text) = (&sheet.path, &sheet.text);
        match sheet.file.and_then(|file| file.shipped(&sheet.stem)) {
            Ok((of_file, switches)) => {
                rules.extend(of_file);
                features.extend(switches);
            }
            Err(problem) => {
                is_wrong = true;
                let line = records::line_of(text, problem.at.start);
                writeln!(io::stderr(), "{path}:{line}: {}", problem.sentence())?;
            }
        }
    }
    Ok((!is_wrong).then_some((rules, features)))
}

/// The name; or the address, its prefix and its port in one.
fn pattern(rule: &Rule) -> String {
    match rule.network {
        None => rule.pattern.clone(),
        Some((address, length, port)) => match (address, port) {
            (address, 0) => format!("{address}/{length}"),
            (IpAddr::V4(address), port) => format!("{address}/{length}:{port}"),
            (IpAddr::V6(address), port) => format!("[{address}/{length}]:{port}"),
        },
    }
}

fn source<'a>(rule: &'a Rule, pattern: &'a str) -> SourceRule<'a> {
    let preset = |preset: records::Preset| match preset {
        records::Preset::NothingBreaks => blocklist::Preset::NothingBreaks,
        records::Preset::Balanced => blocklist::Preset::Balanced,
        records::Preset::Everything => blocklist::Preset::Everything,
    };
    SourceRule {
        id: &rule.id,
        pattern,
        subdomains: rule.reach == Reach::Subdomains,
        kind: match &rule.kept {
            Kept::Block(from) => Kind::Block(preset(*from)),
            Kept::Essential => Kind::Essential,
            Kept::Feature(feature, from) => Kind::Feature(feature, preset(*from)),
        },
        what: &rule.what,
        reply: rule.reply.map(|reply| match reply.kind {
            ReplyKind::Zero => blocklist::Reply::ZeroAddress { ttl: reply.ttl },
            ReplyKind::Nodata => blocklist::Reply::NoData { ttl: reply.ttl },
            ReplyKind::Nxdomain => blocklist::Reply::NxDomain { ttl: reply.ttl },
            ReplyKind::Refused => blocklist::Reply::Refused,
            ReplyKind::Rst => blocklist::Reply::Reset,
            ReplyKind::Prohibited => blocklist::Reply::Prohibited,
        }),
    }
}

#[cfg(test)]
mod tests {
    use blocklist::{Preset, RulesBuilder};

    use super::*;

    #[test]
    fn the_records_of_this_program_compile_to_the_list_that_it_brings() {
        let builtin = curation::builtin();
        let rules: Vec<Rule> = builtin.shipped().map(|(_, rule)| rule.clone()).collect();
        let bytes = compile(&builtin, "Hushwall").unwrap();
        assert_eq!(
            bytes,
            compile(&builtin, "Hushwall").unwrap(),
            "same records, same bytes"
        );
        for preset in [Preset::NothingBreaks, Preset::Balanced, Preset::Everything] {
            let ours = RulesBuilder::with_builtin(compiled::open(bytes.clone()).unwrap(), preset).build();
            let brought = RulesBuilder::new(preset).build();
            for rule in &rules {
                if let Some((address, _, port)) = rule.network {
                    let action =
                        |rules: &blocklist::Rules| rules.verdict_ip(address, port, None).map(|v| v.action);
                    assert_eq!(action(&ours), action(&brought), "{}", rule.id);
                } else {
                    let below = format!("below.{}", rule.pattern);
                    for name in [&rule.pattern, &below] {
                        let action = |rules: &blocklist::Rules| rules.verdict(name, None).action;
                        assert_eq!(action(&ours), action(&brought), "{name}");
                    }
                }
            }
        }
    }
}
