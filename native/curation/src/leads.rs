//! The leads as a list: for who wants to see what breaks, or whether a phone asks at all, before there is evidence.

use std::fmt;

use records::{Reach, Rule, Status};

use crate::Collection;

/// A name that is a lead.
#[derive(Debug, Clone, Copy)]
pub struct Lead<'a> {
    rule: &'a Rule,
    wanted: &'a str,
}

/// The names that would be blocked had they evidence, in the order of their files.
pub fn leads(collection: &Collection) -> impl Iterator<Item = Lead<'_>> {
    collection
        .rules()
        .filter(|(_, rule)| rule.status == Status::Lead && rule.is_block() && rule.network.is_none())
        .map(|(sheet, rule)| Lead {
            rule,
            wanted: sheet
                .record(rule)
                .and_then(|(_, record)| record.note.as_deref())
                .unwrap_or_default(),
        })
}

/// A comment with id and note, and a rule in AdGuard's syntax, which can say both reaches.
impl fmt::Display for Lead<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, wanted } = self;
        let mark = match rule.reach {
            Reach::Exact => "|",
            Reach::Subdomains => "||",
        };
        writeln!(out, "! {}: {}", rule.id, wanted.replace(['\r', '\n'], " "))?;
        write!(out, "{mark}{}^", rule.pattern)
    }
}
