//! What is wrong with a list of another tool: its names one by one, and what its rules would block that must work.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use blocklist::{
    Because, Event, Pattern, Plain, Preset, Reach, Rules, RulesBuilder, Skip, Syntax, Target, Tone,
};
use curation::{Collection, Entry, Extent, Finding, Level};
use records::Rule;

use crate::counted::counted;
use crate::lists::progress::Progress;

/// What was found in a list.
pub(super) struct Linted {
    /// Rules that were read.
    pub(super) rules: usize,
    pub(super) findings: Vec<Finding>,
}

/// Looks at a list; `records` say what must work, and what was retired.
pub(super) fn lint(path: &Path, text: &str, plain: Plain, records: &Collection) -> anyhow::Result<Linted> {
    let title = path.to_string_lossy();
    let kept = Kept::new(records);
    let mut list = Reading::default();
    let mut progress = Progress::new(u64::try_from(text.lines().count()).ok(), "lines");
    let mut at = 0;
    Syntax::detect(text).read(text, plain, &mut |line, event| {
        // Some lines say nothing, some say several things.
        for _ in at..line {
            progress.advance(1);
        }
        at = at.max(line);
        list.take(line, event, &kept);
    });
    progress.clear();
    let mut findings: Vec<Finding> = list
        .bad
        .into_iter()
        .map(|(line, mend)| finding(&title, line, Level::Error, "syntax", mend))
        .collect();
    findings.extend(curation::lint_names(&title, &list.entries, records));
    findings.extend(kept.swallowed(&title, &list.suspects)?);
    if let Some((first, count)) = list.unread {
        let mend = format!(
            "{} of regular expressions or patterns that no name is compared with here, this the first; look yourself \
             whether a name that must work is met",
            counted(count, "line")
        );
        findings.push(finding(&title, first, Level::Advice, "unread", mend));
    }
    findings.sort_by(|a, b| (a.line, a.level, a.code).cmp(&(b.line, b.level, b.code)));
    Ok(Linted {
        rules: list.rules,
        findings,
    })
}

fn finding(path: &str, line: usize, level: Level, code: &'static str, mend: String) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        level,
        code,
        mend,
    }
}

/// A list, as far as it was read.
#[derive(Default)]
struct Reading {
    rules: usize,
    entries: Vec<Entry>,
    /// Rules that may have a say on a name that must work, in one form.
    suspects: Vec<(usize, String)>,
    bad: Vec<(usize, String)>,
    /// The first line that was not understood as names, and how many there are.
    unread: Option<(usize, usize)>,
}

impl Reading {
    fn take(&mut self, line: usize, event: Event<'_>, kept: &Kept<'_>) {
        let pattern = match event {
            Event::Rule(pattern) => pattern,
            Event::Bad(mend) => return self.bad.push((line, mend)),
            Event::Skipped(Skip::Regex | Skip::Wildcard, _) => {
                self.unread.get_or_insert((line, 0)).1 += 1;
                return;
            }
            Event::Skipped(..) => return,
        };
        self.rules += 1;
        if kept.may_meet(&pattern) {
            self.suspects
                .push((line, pattern.to_string().to_ascii_lowercase()));
        }
        let Target::Name(name, reach) = pattern.target else {
            return;
        };
        if matches!(pattern.tone, Tone::Block | Tone::Important) {
            let extent = match reach {
                Reach::Exact => Extent::Exact,
                Reach::Subdomains => Extent::Subdomains,
                Reach::Below => Extent::Below,
            };
            let name = name.to_ascii_lowercase();
            self.entries.push(Entry { line, name, extent });
        }
    }
}

/// The names that must work, and those above them.
struct Kept<'a> {
    /// Each name as it is asked for, with the rule that keeps it: `*.` before it is any name beneath.
    asked: Vec<(String, &'a Rule)>,
    above: BTreeSet<&'a str>,
}

impl<'a> Kept<'a> {
    fn new(records: &'a Collection) -> Self {
        let mut kept = Self {
            asked: Vec::new(),
            above: BTreeSet::new(),
        };
        let free = records.shipped().map(|(_, rule)| rule);
        for rule in free.filter(|rule| !rule.is_block() && rule.network.is_none()) {
            let name = rule.pattern.as_str();
            kept.asked.push((name.to_owned(), rule));
            if rule.reach == records::Reach::Subdomains {
                kept.asked.push((format!("*.{name}"), rule));
            }
            kept.above.insert(name);
            kept.above
                .extend(name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..)));
        }
        kept
    }

    /// Whether a rule may be on one of the names. Those of a million that cannot are not compared.
    fn may_meet(&self, pattern: &Pattern<'_>) -> bool {
        match pattern.target {
            Target::Name(name, _) if name.bytes().any(|byte| byte.is_ascii_uppercase()) => true,
            Target::Name(name, _) => self.above.contains(name),
            Target::Wildcard(_) => true,
            Target::Address(_) => false,
        }
    }

    /// The rules of a list, its exceptions heard, that would block names that must work: one finding a line.
    fn swallowed(&self, title: &str, suspects: &[(usize, String)]) -> anyhow::Result<Vec<Finding>> {
        let text: String = suspects.iter().flat_map(|(_, rule)| [rule, "\n"]).collect();
        let rules = RulesBuilder::new(Preset::None)
            .without_builtin()
            .list(title, &text)?
            .build();
        let lines: HashMap<&str, usize> = suspects
            .iter()
            .rev()
            .map(|(line, rule)| (rule.as_str(), *line))
            .collect();
        let mut by_line: BTreeMap<(usize, String), Vec<(String, &Rule)>> = BTreeMap::new();
        for (name, rule) in &self.asked {
            let Some(pattern) = blocked_by(&rules, name) else {
                continue;
            };
            let line = lines.get(pattern.as_str()).copied().unwrap_or(1);
            by_line
                .entry((line, pattern))
                .or_default()
                .push((name.clone(), rule));
        }
        let findings = by_line
            .iter()
            .map(|((line, pattern), kept)| curation::swallows(title, *line, pattern, kept));
        Ok(findings.collect())
    }
}

/// The rule that blocks a name.
fn blocked_by(rules: &Rules, name: &str) -> Option<String> {
    // `*` is no label of any rule, nor of any wildcard's fixed part.
    let verdict = rules.verdict(&name.replacen('*', "hushwall-stranger-8d1f", 1), None);
    match verdict.because {
        Because::List(id) if verdict.is_block() => rules.rule(id).map(|rule| rule.pattern.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swallowed(text: &str) -> Vec<(usize, String)> {
        of(text, Plain::Subdomains, "swallows")
    }

    fn of(text: &str, plain: Plain, code: &str) -> Vec<(usize, String)> {
        let linted = lint(Path::new("list.txt"), text, plain, &curation::builtin()).unwrap();
        let found = linted.findings.into_iter().filter(|found| found.code == code);
        found.map(|found| (found.line, found.mend)).collect()
    }

    #[test]
    fn a_plain_name_means_what_is_beneath_it_as_for_every_other_command() {
        let text = "# a list\nmicloud.xiaomi.net\n";
        let found = swallowed(text);
        assert!(
            found
                .iter()
                .any(|(line, mend)| *line == 2 && mend.contains("find.api.micloud")),
            "{found:?}"
        );
        let found = of(text, Plain::Exact, "swallows");
        assert!(
            found.iter().all(|(_, mend)| !mend.contains("find.api.micloud")),
            "{found:?}"
        );
    }

    #[test]
    fn inner_wildcards_are_held_against_the_names_that_must_work() {
        for rule in ["||find.api.*.net^", "||*find*.xiaomi.net^"] {
            let found = swallowed(&format!("||ads.example^\n{rule}\n"));
            assert!(
                found
                    .iter()
                    .any(|(line, mend)| *line == 2 && mend.contains("find.api.micloud")),
                "{rule}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_looked_at_is_said_and_all_rules_are_counted() {
        let text = "||ads.example^\n/find\\.api/\n||find.api.*.net^\n";
        let linted = lint(Path::new("l"), text, Plain::Subdomains, &curation::builtin()).unwrap();
        assert_eq!(linted.rules, 2);
        let unread: Vec<_> = linted
            .findings
            .iter()
            .filter(|found| found.code == "unread")
            .collect();
        assert_eq!(unread.iter().map(|found| found.line).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn an_exception_of_the_list_is_heard() {
        let text = "||micloud.xiaomi.net^\n@@||find.api.micloud.xiaomi.net^\n";
        let found = swallowed(text);
        assert!(
            found.iter().all(|(_, mend)| !mend.contains("`find.api.micloud")),
            "{found:?}"
        );
    }

    #[test]
    fn a_rule_on_what_is_beneath_is_not_said_to_block_the_name() {
        let found = swallowed("||*.update.miui.com^\n");
        assert!(
            found.iter().all(|(_, mend)| !mend.contains("`update.miui.com`")),
            "{found:?}"
        );
    }

    #[test]
    fn a_vendor_root_is_one_finding() {
        let found = swallowed("||xiaomi.com^\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].1.contains("more names"), "{found:?}");
    }
}
