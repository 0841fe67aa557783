//! The rules in force: immutable, replaced whole.

use std::net::IpAddr;

use crate::address::Addresses;
use crate::builtin;
use crate::matcher::{Matcher, Record};
use crate::precedence::{self, Hit, Tier};
use crate::wildcard::Wildcards;
use crate::{AppId, Because, ListId, RuleId, Skip, Verdict};

/// One rule, for the log and the why-panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Stable id, e.g. `onetrack/tracking-cn`; for a list without ids, the pattern.
    pub id: &'a str,
    /// The pattern as written, in lower case.
    pub pattern: &'a str,
    /// The list that holds it.
    pub list: ListId,
    /// The list's title.
    pub list_title: &'a str,
    /// One sentence for people: what the rule stops, or why the name is never blocked. Empty where nobody wrote one.
    pub what: &'a str,
}

/// One list, for people: what was taken and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The title, usually its file name.
    pub title: String,
    /// Rules taken, equal ones counted each.
    pub rules: usize,
    /// Lines that have no meaning here, by kind, in the order of `Skip::ALL`.
    pub skipped: [usize; Skip::ALL.len()],
}

impl List {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            rules: 0,
            skipped: [0; Skip::ALL.len()],
        }
    }
}

/// All rules in force. Immutable; a change builds a new one, and the engine takes it with `replace_rules`.
#[derive(Debug)]
pub struct Rules {
    pub(crate) matcher: Matcher,
    pub(crate) addresses: Addresses,
    pub(crate) wildcards: Wildcards,
    /// The app of each app rule, in the order of the rules.
    pub(crate) apps: Box<[(u32, AppId)]>,
    pub(crate) lists: Box<[List]>,
}

impl Rules {
    /// The verdict on a name, for an app where it is known. Case and a trailing dot do not matter. An IPv4 address in
    /// the place of a name (a Host field may hold one) is judged as what it is.
    pub fn verdict(&self, name: &str, app: Option<AppId>) -> Verdict {
        if name.ends_with(|last: char| last.is_ascii_digit())
            && let Ok(ip) = name.parse::<std::net::Ipv4Addr>()
        {
            let ip = IpAddr::V4(ip);
            return self.verdict_ip(ip, 0, app).unwrap_or(Verdict::NO_RULE);
        }
        let verdict = precedence::decide(app, |visit| {
            self.wildcards.visit(name, &mut |rule| {
                if let Some(record) = self.matcher.records().get(rule as usize) {
                    visit(self.hit(rule, record));
                }
            });
            self.matcher
                .visit(name, &mut |rule, record| visit(self.hit(rule, record)));
        });
        self.with_reply(verdict)
    }

    /// The verdict of rules on addresses; `None` where none meets it. An IPv4 rule also meets its address inside
    /// `::ffff:0:0/96` and `64:ff9b::/96`.
    pub fn verdict_ip(&self, ip: IpAddr, port: u16, app: Option<AppId>) -> Option<Verdict> {
        let verdict = precedence::decide(app, |visit| {
            self.addresses.visit(ip, port, &mut |rule| {
                if let Some(record) = self.matcher.records().get(rule as usize) {
                    visit(self.hit(rule, record));
                }
            });
        });
        (verdict.because != Because::NoRule).then_some(verdict)
    }

    fn hit(&self, rule: u32, record: &Record) -> Hit {
        let app = match record.tier {
            Tier::AppAllow | Tier::AppBlock => {
                let at = self.apps.binary_search_by_key(&rule, |&(rule, _)| rule);
                at.ok().and_then(|at| self.apps.get(at)).map(|&(_, app)| app)
            }
            _ => None,
        };
        Hit {
            rule,
            tier: record.tier,
            list: record.list,
            app,
        }
    }

    fn with_reply(&self, verdict: Verdict) -> Verdict {
        match verdict.because {
            Because::List(RuleId(rule)) if verdict.is_block() => Verdict {
                reply: builtin::RULES.get(rule as usize).and_then(|rule| rule.reply),
                ..verdict
            },
            _ => verdict,
        }
    }

    /// Whether some app has a rule of its own that meets the name: only then is the flow's owner asked for.
    pub fn has_app_rule(&self, name: &str) -> bool {
        let mut has = false;
        if !self.apps.is_empty() {
            self.matcher
                .visit(name, &mut |_, record| has |= record.is_for_app());
        }
        has
    }

    /// Whether some app has a rule of its own that meets the address.
    pub fn has_app_rule_ip(&self, ip: IpAddr, port: u16) -> bool {
        let mut has = false;
        if !self.apps.is_empty() {
            self.addresses.visit(ip, port, &mut |rule| {
                has |= self
                    .matcher
                    .records()
                    .get(rule as usize)
                    .is_some_and(Record::is_for_app);
            });
        }
        has
    }

    /// A rule, for people.
    pub fn rule(&self, id: RuleId) -> Option<Rule<'_>> {
        let index = id.0 as usize;
        let record = self.matcher.records().get(index)?;
        let list_title = self
            .lists
            .get(usize::from(record.list))
            .map_or("", |list| list.title.as_str());
        let pattern = self.matcher.pattern(index);
        let (id, what) = builtin::RULES
            .get(index)
            .map_or((pattern, ""), |rule| (rule.id(), rule.what()));
        Some(Rule {
            id,
            pattern,
            list: ListId(record.list),
            list_title,
            what,
        })
    }

    /// The lists, by `ListId`: the built-in one, the owner's own rules, then the others in the order of adding.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// The features that have a switch "I use ...", each with a sentence for people.
    pub fn features() -> impl Iterator<Item = (&'static str, &'static str)> {
        builtin::features()
    }

    /// Number of rules in force.
    pub fn len(&self) -> usize {
        self.matcher
            .records()
            .iter()
            .filter(|record| record.tier != Tier::Off)
            .count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Record {
    const fn is_for_app(&self) -> bool {
        matches!(self.tier, Tier::AppAllow | Tier::AppBlock)
    }
}

#[cfg(test)]
mod tests;
