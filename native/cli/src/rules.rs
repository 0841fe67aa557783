//! The arguments that say which rules are in force, and the rules.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use blocklist::compiled::{self, Compiled, OpenError};
use blocklist::{BuildError, List, Rules, RulesBuilder};
use clap::ValueEnum;
use tunnel::Mapped;

use crate::counted::counted;
use crate::verdict::printable;

/// The arguments of every command that judges.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RuleArgs {
    /// How much of the built-in list is in force.
    #[arg(long, value_name = "P", value_enum, default_value_t = Preset::Balanced)]
    pub(crate) preset: Preset,
    /// Add a list: hosts, domains, wildcards, AdBlock, dnsmasq, unbound or RPZ.
    #[arg(long = "list", value_name = "FILE")]
    pub(crate) lists: Vec<PathBuf>,
    /// Allow every name in this file.
    #[arg(long = "allow-list", value_name = "FILE")]
    pub(crate) allow_lists: Vec<PathBuf>,
    /// Say that a feature (themes, push ...) is not used, so that its names may be refused.
    #[arg(long = "without", value_name = "FEATURE")]
    pub(crate) without: Vec<String>,
    /// Allow this name and its subdomains, or this address.
    #[arg(long = "allow", value_name = "NAME")]
    pub(crate) allow: Vec<String>,
    /// Refuse this name and its subdomains, or this address.
    #[arg(long = "block", value_name = "NAME")]
    pub(crate) block: Vec<String>,
}

/// How much of the built-in list is in force; each contains the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Leave the built-in rules out; essential and feature names stay.
    None,
    /// Rules with evidence and no breakage found.
    NothingBreaks,
    /// Plus what others list, and unknown or cosmetic breakage.
    Balanced,
    /// All shipped rules.
    Everything,
}

impl Preset {
    /// Whether a rule that is in force from a preset on is so under this one.
    pub(crate) fn contains(self, from: records::Preset) -> bool {
        match self {
            Self::None => false,
            Self::NothingBreaks => from == records::Preset::NothingBreaks,
            Self::Balanced => from != records::Preset::Everything,
            Self::Everything => true,
        }
    }
}

impl From<Preset> for blocklist::Preset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::None => Self::None,
            Preset::NothingBreaks => Self::NothingBreaks,
            Preset::Balanced => Self::Balanced,
            Preset::Everything => Self::Everything,
        }
    }
}

/// Why the rules could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// A list file could not be read.
    #[error("cannot read the list {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A compiled list is damaged.
    #[error("cannot use the compiled list {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// Too much of a list is not well-formed.
    #[error("{0}; `hushwall lists import` writes the others to a file of their own")]
    Lines(BuildError),
    /// A list does not fit, or a name is not well-formed; says where, and how to mend it.
    #[error(transparent)]
    Build(BuildError),
}

impl From<BuildError> for RulesError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Line { .. } => Self::Lines(error),
            error => Self::Build(error),
        }
    }
}

/// Reads the lists and builds the rules, with the list that this program brings.
pub(crate) fn load(args: &RuleArgs) -> Result<Rules, RulesError> {
    load_onto(RulesBuilder::new(args.preset.into()), args)
}

/// Reads the lists and adds them to rules that were begun with another edition of the list.
pub(crate) fn load_onto(begun: RulesBuilder, args: &RuleArgs) -> Result<Rules, RulesError> {
    load_with(begun, args, compiled::open)
}

/// As `load`, for a run of days: compiled lists are mapped, where the machine has a place for it.
pub(crate) fn load_mapped(args: &RuleArgs) -> Result<Rules, RulesError> {
    let begun = RulesBuilder::new(args.preset.into());
    load_with(begun, args, |bytes| {
        match Mapped::of(&bytes, Path::new(ON_DISK)) {
            Ok(mapped) => compiled::open(mapped),
            Err(error) => {
                tracing::info!(%error, "compiled lists are kept in memory");
                compiled::open(bytes)
            }
        }
    })
}

/// Where temporary files are on a disk (file-hierarchy(7)); /tmp often is memory.
const ON_DISK: &str = "/var/tmp";

fn load_with(
    mut builder: RulesBuilder,
    args: &RuleArgs,
    open: impl Fn(Vec<u8>) -> Result<Compiled, OpenError>,
) -> Result<Rules, RulesError> {
    for path in &args.lists {
        let bytes = read_bytes(path)?;
        builder = if bytes.starts_with(COMPILED) {
            builder.compiled(open(bytes).map_err(|source| RulesError::Open {
                path: path.clone(),
                source,
            })?)?
        } else {
            builder.list(&path.to_string_lossy(), &String::from_utf8_lossy(&bytes))?
        };
    }
    for path in &args.allow_lists {
        builder = builder.allow_list(&path.to_string_lossy(), &read(path)?)?;
    }
    for feature in &args.without {
        builder = builder.without_feature(feature)?;
    }
    for name in &args.allow {
        builder = builder.allow(name)?;
    }
    for name in &args.block {
        builder = builder.block(name)?;
    }
    let rules = builder.build();
    tell_bad_lines(rules.lists());
    Ok(rules)
}

/// Says which lists have lines that were left out as they are no rules.
pub(crate) fn tell_bad_lines(lists: &[List]) {
    for list in lists {
        if let Some((line, mend)) = &list.first_bad {
            let (title, mend) = (printable(&list.title), printable(mend));
            // Whoever closed stderr does not want to know.
            let _ = writeln!(
                io::stderr(),
                "{title}: left out {} that {}; the first is line {line}: {mend}",
                counted(list.bad, "line"),
                if list.bad == 1 {
                    "is no rule"
                } else {
                    "are no rules"
                }
            );
        }
    }
}

/// How a compiled list begins (`blocklists/COMPILED.md`).
pub(crate) const COMPILED: &[u8] = b"HUSHLIST";

/// Old hosts files carry comments in other encodings; names are ASCII, so what is not UTF-8 may be replaced.
fn read(path: &Path) -> Result<String, RulesError> {
    read_bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, RulesError> {
    fs::read(path).map_err(|source| RulesError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use blocklist::Action;
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: RuleArgs,
    }

    fn load_line(line: &str) -> Result<Rules, RulesError> {
        load(&Line::parse_from(["command"].into_iter().chain(line.split_whitespace())).args)
    }

    fn file(name: &str, text: &[u8]) -> String {
        let path = std::env::temp_dir().join(format!("hushwall-rules-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn lists_and_names_come_into_force() {
        let list = file("list", b"# caf\xe9\n0.0.0.0 ads.example\n0.0.0.0 kept.example\n");
        let allowed = file("allowed", b"kept.example\n");
        let rules = load_line(&format!(
            "--preset none --list {list} --allow-list {allowed} --block own.example"
        ))
        .unwrap();
        let action = |name| rules.verdict(name, None).action;
        assert_eq!(
            (
                action("ads.example"),
                action("kept.example"),
                action("own.example"),
                action("other.example")
            ),
            (Action::Block, Action::Allow, Action::Block, Action::Allow)
        );
    }

    #[test]
    fn compiled_list_that_is_truncated_underneath_stays_in_force() {
        let text = compiled::ListSource::Text {
            title: "list",
            text: "ads.example\n",
        };
        let list = file("compiled", &compiled::build(&[text]).unwrap());
        let line = format!("command --preset none --list {list}");
        let rules = load_mapped(&Line::parse_from(line.split_whitespace()).args).unwrap();
        fs::File::create(&list).unwrap();
        assert_eq!(rules.verdict("a.ads.example", None).action, Action::Block);
    }

    #[test]
    fn missing_list_is_named() {
        let error = load_line("--list /nonexistent/list").unwrap_err();
        assert!(error.to_string().contains("/nonexistent/list"), "{error}");
    }

    #[test]
    fn bad_line_is_told_with_file_and_line() {
        let list = file("bad", b"ok.example\nnot a name!\n");
        let error = load_line(&format!("--list {list}")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{list}:2: ")), "{error}");
    }

    #[test]
    fn unknown_feature_and_bad_name_are_refused() {
        assert!(
            load_line("--without no-such-feature")
                .unwrap_err()
                .to_string()
                .contains("known")
        );
        assert!(load_line("--block a..b").is_err());
    }
}
