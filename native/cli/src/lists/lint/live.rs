//! Whether the names of block rules exist: advice, and never more. Xiaomi's names resolve by region.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use curation::{Collection, Finding, Level, Sheet};
use records::{Function, Rule, Status};

use super::ask::{self, CONTROL, Outcome, Patience};
use crate::lists::progress::Progress;
use crate::lists::sides;
use crate::run;

/// DNS: RFC 1035 section 4.2.
const PORT: u16 = 53;
/// A stub's usual wait, halved; and all names of today's records, even if every fourth is not answered.
const PATIENCE: Patience = Patience {
    answer: Duration::from_millis(2_500),
    tries: 2,
    whole: Duration::from_secs(60),
};
/// As many names are written out before they are asked for; of more, how many each file has.
const FEW: usize = 12;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Also ask whether the names of block rules and leads exist, as advice: it sends these names, and `example.com`
    /// before them, to the resolvers of /etc/resolv.conf. Without this flag nothing is asked.
    #[arg(long, conflicts_with = "quiet")]
    live: bool,
    /// Ask this resolver instead, such as one in another region; may be given more than once.
    #[arg(long, value_name = "ADDRESS[:PORT]", requires = "live", value_parser = resolver)]
    resolver: Vec<SocketAddr>,
    /// Ask for those names only that the records of this git revision (or file, or folder) do not have.
    #[arg(long, value_name = "REV", requires = "live")]
    since: Option<String>,
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let bare = || text.parse::<IpAddr>().map(|address| (address, PORT).into());
    text.parse()
        .or_else(|_| bare())
        .map_err(|_| "write an address, such as 9.9.9.9 or [2620:fe::fe]:53".to_owned())
}

impl Args {
    /// Whether anything is to be asked.
    pub(super) const fn is_wanted(&self) -> bool {
        self.live
    }

    /// Asks, and says on stderr whom and what for; what is found is advice.
    pub(super) fn lint(&self, records: &Collection) -> anyhow::Result<Vec<Finding>> {
        let mut names = names(records);
        if let Some(revision) = &self.since {
            let known = sides::records(revision)?;
            let known: BTreeSet<&str> = known.rules().map(|(_, rule)| rule.pattern.as_str()).collect();
            names.retain(|name, _| !known.contains(name));
        }
        let mut resolvers = self.resolver.clone();
        if resolvers.is_empty() {
            resolvers = run::resolvers_of_this_machine();
        }
        let mut err = io::stderr();
        let asked: Vec<String> = resolvers.iter().map(ToString::to_string).collect();
        let asked = asked.join(", ");
        if names.is_empty() {
            writeln!(err, "nobody is asked: no name of a block rule is new")?;
            return Ok(Vec::new());
        }
        writeln!(err, "asking {asked} for {}", told(&names))?;
        let control = ask::ask(&resolvers, CONTROL, PATIENCE, Instant::now() + PATIENCE.whole);
        if control != Outcome::Exists {
            let why = match control {
                Outcome::Silent => "no resolver answered",
                _ => "the resolver does not know example.com, so it sees no internet",
            };
            writeln!(err, "{why}: liveness not known")?;
            return Ok(Vec::new());
        }
        let list: Vec<&str> = names.keys().copied().collect();
        let mut progress = Progress::each(list.len() as u64, "names");
        let outcomes = ask::ask_all(&resolvers, &list, PATIENCE, || progress.advance(1));
        progress.clear();
        writeln!(err, "{}", sum(&outcomes))?;
        let missing = names.values().zip(outcomes);
        let missing = missing.filter(|(_, outcome)| *outcome == Outcome::Missing);
        Ok(missing
            .flat_map(|(rules, _)| rules)
            .map(|(sheet, rule)| finding(sheet, rule))
            .collect())
    }
}

/// The names that a phone might be refused, each with its rules. The canary exists nowhere, and that is its purpose.
fn names(records: &Collection) -> BTreeMap<&str, Vec<(&Sheet, &Rule)>> {
    let mut names: BTreeMap<&str, Vec<(&Sheet, &Rule)>> = BTreeMap::new();
    for (sheet, rule) in records.rules() {
        let is_canary = sheet
            .record(rule)
            .is_some_and(|(file, record)| record.function(file) == Some(Function::Canary));
        if rule.is_block() && rule.network.is_none() && rule.status != Status::Retired && !is_canary {
            names.entry(&rule.pattern).or_default().push((sheet, rule));
        }
    }
    names
}

fn told(names: &BTreeMap<&str, Vec<(&Sheet, &Rule)>>) -> String {
    let list: Vec<&str> = names.keys().copied().collect();
    match list.len() {
        ..=FEW => format!("{CONTROL}, {}", list.join(", ")),
        count => {
            let mut files: BTreeMap<&str, usize> = BTreeMap::new();
            let firsts = names.values().filter_map(|rules| rules.first());
            for (sheet, _) in firsts {
                *files.entry(&sheet.path).or_default() += 1;
            }
            let files: Vec<String> = files
                .iter()
                .map(|(path, count)| format!("{path} {count}"))
                .collect();
            format!(
                "{CONTROL} and {count} names of block rules and leads: {}",
                files.join(", ")
            )
        }
    }
}

fn sum(outcomes: &[Outcome]) -> String {
    let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
    let (exist, missing) = (count(Outcome::Exists), count(Outcome::Missing));
    let mut sum = format!("{exist} exist, {missing} do not");
    for (outcome, why) in [
        (Outcome::Filtered, "a filter answered"),
        (Outcome::Failed, "the resolver failed"),
        (Outcome::Silent, "no answer in time"),
    ] {
        let unknown = count(outcome);
        if unknown > 0 {
            sum += &format!(", {unknown} not known ({why})");
        }
    }
    sum
}

fn finding(sheet: &Sheet, rule: &Rule) -> Finding {
    let (id, name) = (&rule.id, &rule.pattern);
    Finding {
        path: sheet.path.clone(),
        line: records::line_of(&sheet.text, rule.at.start),
        level: Level::Advice,
        code: "live",
        mend: format!(
            "rule `{id}`: `{name}` does not exist for the resolver that was asked; names of this vendor resolve by region, \
             so ask one elsewhere (`--resolver`), and write down from where and when"
        ),
    }
}
