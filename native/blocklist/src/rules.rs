//! The rules in force: immutable, replaced whole.

use std::net::IpAddr;

use crate::{AppId, ListId, RuleId, Verdict};

/// One rule, for the log and the why-panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Stable id, e.g. `onetrack/tracking-cn`; for a list without ids, the pattern.
    pub id: &'a str,
    /// The pattern as written.
    pub pattern: &'a str,
    /// The list that holds it.
    pub list: ListId,
    /// The list's title.
    pub list_title: &'a str,
    /// One sentence for people: what the rule stops, or why the name is never blocked. Empty where nobody wrote one.
    pub what: &'a str,
}

/// All rules in force. Immutable; a change builds a new one, and the engine takes it with `replace_rules`.
#[derive(Debug)]
pub struct Rules {}

impl Rules {
    /// The verdict on a name (lower case, no trailing dot), for an app where it is known.
    pub fn verdict(&self, name: &str, app: Option<AppId>) -> Verdict {
        let _ = (name, app);
        unimplemented!()
    }

    /// The verdict of rules on addresses; `None` where none meets it.
    pub fn verdict_ip(&self, ip: IpAddr, port: u16, app: Option<AppId>) -> Option<Verdict> {
        let _ = (ip, port, app);
        unimplemented!()
    }

    /// Whether some app has a rule of its own that meets the name: only then is the flow's owner asked for.
    pub fn has_app_rule(&self, name: &str) -> bool {
        let _ = name;
        unimplemented!()
    }

    /// A rule, for people.
    pub fn rule(&self, id: RuleId) -> Option<Rule<'_>> {
        let _ = id;
        unimplemented!()
    }

    /// Number of rules.
    pub fn len(&self) -> usize {
        unimplemented!()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
