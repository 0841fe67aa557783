//! The rules in force: immutable, replaced whole.

use std::net::IpAddr;

use crate::builtin;
use crate::image::{ListDraft, Record};
use crate::name::without_trailing_dot;
use crate::precedence::{self, Hit, Tier};
use crate::wildcard::Wildcards;
use crate::{AppId, Because, ListId, Reply, RuleId, Skip, Verdict};

mod layer;

pub(crate) use layer::{Layer, Trust};

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
    /// Lines that are no rules at all and were left out; of a compiled list, whoever compiled it was told.
    pub bad: usize,
    /// The first of these: its number, from 1, and how to mend it.
    pub first_bad: Option<(usize, String)>,
}

impl From<ListDraft> for List {
    fn from(list: ListDraft) -> Self {
        Self {
            title: list.title,
            rules: list.rules as usize,
            skipped: list.skipped.map(|count| count as usize),
            bad: list.bad as usize,
            first_bad: list.first_bad,
        }
    }
}

/// All rules in force. Immutable; a change builds a new one, and the engine takes it with `replace_rules`.
#[derive(Debug)]
pub struct Rules {
    /// The built-in list, then what came as text, then compiled lists.
    pub(crate) layers: Box<[Layer]>,
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
            self.visit(name, &mut |layer, rule, record| {
                visit(self.hit(layer, rule, record))
            });
        });
        self.with_reply(verdict)
    }

    /// The verdict of rules on addresses; `None` where none meets it. An IPv4 rule also meets its address inside
    /// `::ffff:0:0/96` and `64:ff9b::/96`.
    pub fn verdict_ip(&self, ip: IpAddr, port: u16, app: Option<AppId>) -> Option<Verdict> {
        let verdict = precedence::decide(app, |visit| {
            self.visit_ip(ip, port, &mut |layer, rule, record| {
                visit(self.hit(layer, rule, record))
            });
        });
        (verdict.because != Because::NoRule).then(|| self.with_reply(verdict))
    }

    fn visit(&self, name: &str, visit: &mut dyn FnMut(&Layer, u32, Record)) {
        let name = without_trailing_dot(name);
        self.wildcards.visit(name, &mut |rule| {
            if let Some((layer, rule)) = self.place(RuleId(rule))
                && let Some(record) = layer.list.image.nameless(layer.list.bytes(), rule)
            {
                visit(layer, rule, record);
            }
        });
        for layer in &self.layers {
            let list = &layer.list;
            list.image
                .visit(list.bytes(), name, &mut |rule, record| visit(layer, rule, record));
        }
    }

    fn visit_ip(&self, ip: IpAddr, port: u16, visit: &mut dyn FnMut(&Layer, u32, Record)) {
        for layer in &self.layers {
            layer
                .list
                .visit_ip(ip, port, &mut |rule, record| visit(layer, rule, record));
        }
    }

    fn hit(&self, layer: &Layer, rule: u32, record: Record) -> Hit {
        let (tier, rule) = (layer.tier(record.role), layer.first_rule.saturating_add(rule));
        let app = match tier {
            Tier::AppAllow | Tier::AppBlock => {
                let at = self.apps.binary_search_by_key(&rule, |&(rule, _)| rule);
                at.ok().and_then(|at| self.apps.get(at)).map(|&(_, app)| app)
            }
            _ => None,
        };
        Hit {
            rule,
            tier,
            list: layer.first_list + u16::from(record.list),
            app,
        }
    }

    /// The layer of a rule, and the rule's number in it.
    fn place(&self, RuleId(rule): RuleId) -> Option<(&Layer, u32)> {
        let layer = self.layers.iter().rev().find(|layer| layer.first_rule <= rule)?;
        Some((layer, rule - layer.first_rule))
    }

    fn with_reply(&self, verdict: Verdict) -> Verdict {
        let Because::List(rule) = verdict.because else {
            return verdict;
        };
        let place = self.place(rule).filter(|_| verdict.is_block());
        let detail = place.and_then(|(Layer { list, .. }, rule)| list.image.detail(list.bytes(), rule));
        Verdict {
            reply: detail.and_then(|(.., reply)| Reply::from_code(reply)),
            ..verdict
        }
    }

    /// Whether some app has a rule of its own that meets the name: only then is the flow's owner asked for.
    pub fn has_app_rule(&self, name: &str) -> bool {
        let mut has = false;
        if !self.apps.is_empty() {
            self.visit(name, &mut |layer, _, record| has |= layer.is_for_app(record));
        }
        has
    }

    /// Whether some app has a rule of its own that meets the address.
    pub fn has_app_rule_ip(&self, ip: IpAddr, port: u16) -> bool {
        let mut has = false;
        if !self.apps.is_empty() {
            self.visit_ip(ip, port, &mut |layer, _, record| has |= layer.is_for_app(record));
        }
        has
    }

    /// A rule, for people.
    pub fn rule(&self, id: RuleId) -> Option<Rule<'_>> {
        let (layer, rule) = self.place(id)?;
        let list = &layer.list;
        let (record, pattern) = list.image.rule(list.bytes(), rule)?;
        let list_id = layer.first_list + u16::from(record.list);
        let list_title = self.lists.get(usize::from(list_id));
        let (id, what) = list
            .image
            .detail(list.bytes(), rule)
            .map_or((pattern, ""), |(id, what, _)| (id, what));
        Some(Rule {
            id,
            pattern,
            list: ListId(list_id),
            list_title: list_title.map_or("", |list| list.title.as_str()),
            what,
        })
    }

    /// The lists, by `ListId`: the built-in one, the owner's own rules, then the others in the order of adding.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// The switch for encrypted resolvers of others. Its rules are on known servers; a caller that turns it off refuses the
    /// port of encrypted DNS at every address, too.
    pub const ENCRYPTED_DNS: &'static str = "encrypted-dns";

    /// The features that have a switch "I use ...", each with a sentence for people.
    pub fn features() -> impl Iterator<Item = (&'static str, &'static str)> {
        builtin::features()
    }

    /// Number of rules in force.
    pub fn len(&self) -> usize {
        self.layers.iter().map(|layer| layer.in_force() as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod matching;
#[cfg(test)]
mod tests;
