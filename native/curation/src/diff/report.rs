//! A diff as text, as Markdown for a review comment, as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Change, Diff};
use crate::Decision;

impl Diff {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if self.is_empty() {
            return "nothing changes for a phone, and no record differs\n".to_owned();
        }
        if self.changes.is_empty() {
            out.push_str("every name and address is judged as before, under every preset\n");
        }
        for (title, changes) in self.groups() {
            let _ = writeln!(out, "{title}: {}", changes.len());
            for change in changes {
                let _ = writeln!(
                    out,
                    "  {} {}  ({}; {})",
                    sign(change),
                    change.name,
                    presets(change),
                    by(change)
                );
            }
        }
        if !self.edits.is_empty() {
            let _ = writeln!(
                out,
                "{}: {}",
                self.edits_are.unwrap_or("records"),
                self.edits.len()
            );
        }
        for edit in &self.edits {
            let _ = writeln!(out, "  {} {}: {}", edit.id, edit.pattern, edit.what.join("; "));
        }
        out
    }

    /// For a comment on a pull request.
    pub fn markdown(&self) -> String {
        let mut out = String::from("### What this changes for a phone\n\n");
        if self.changes.is_empty() {
            out.push_str("Nothing: every name and address is judged as before, under every preset.\n");
        }
        for (title, changes) in self.groups() {
            let _ = writeln!(
                out,
                "**{title}: {}**\n\n| name | presets | by |\n|---|---|---|",
                changes.len()
            );
            for change in changes {
                let _ = writeln!(
                    out,
                    "| `{}` | {} | {} |",
                    cell(&change.name),
                    presets(change),
                    cell(&by(change))
                );
            }
            out.push('\n');
        }
        if !self.edits.is_empty() {
            let _ = writeln!(
                out,
                "<details><summary>{}: {}</summary>\n\n| record | name | what |\n|---|---|---|",
                self.edits_are.unwrap_or("records"),
                self.edits.len()
            );
            for edit in &self.edits {
                let _ = writeln!(
                    out,
                    "| {} | `{}` | {} |",
                    cell(&edit.id),
                    cell(&edit.pattern),
                    cell(&edit.what.join("; "))
                );
            }
            out.push_str("\n</details>\n");
        }
        out
    }

    /// As one JSON object.
    pub fn json(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            let presets: Vec<&str> = change.presets.iter().map(|preset| preset.as_str()).collect();
            json!({ "name": change.name, "before": change.before.as_str(), "after": change.after.as_str(),
                "presets": presets, "rule_before": change.rules[0], "rule_after": change.rules[1] })
        });
        let edits = self
            .edits
            .iter()
            .map(|edit| json!({ "id": edit.id, "pattern": edit.pattern, "what": edit.what }));
        json!({ "changes": changes.collect::<Vec<_>>(), "records": edits.collect::<Vec<_>>() })
    }

    /// The changes by what a reviewer asks first; each name stands in one group.
    fn groups(&self) -> Vec<(&'static str, Vec<&Change>)> {
        let of = |test: &dyn Fn(&Change) -> bool| {
            self.changes
                .iter()
                .filter(|change| test(change))
                .collect::<Vec<_>>()
        };
        let groups = vec![
            ("essential and feature names touched", of(&Change::touches_kept)),
            (
                "coverage gained",
                of(&|change| !change.touches_kept() && change.is_gain()),
            ),
            (
                "coverage lost",
                of(&|change| !change.touches_kept() && change.is_loss()),
            ),
        ];
        groups
            .into_iter()
            .filter(|(_, changes)| !changes.is_empty())
            .collect()
    }
}

const fn sign(change: &Change) -> char {
    match (change.before, change.after) {
        (_, Decision::Block) => '+',
        (Decision::Block, _) => '-',
        _ => '~',
    }
}

fn presets(change: &Change) -> String {
    let names: Vec<&str> = change.presets.iter().map(|preset| preset.as_str()).collect();
    if names.is_empty() {
        return "every preset".to_owned();
    }
    names.join(", ")
}

fn by(change: &Change) -> String {
    let side = |decision: Decision, rule: &Option<String>| match rule {
        Some(rule) => format!("{} {rule}", decision.as_str()),
        None => decision.as_str().to_owned(),
    };
    format!(
        "{} -> {}",
        side(change.before, &change.rules[0]),
        side(change.after, &change.rules[1])
    )
}

/// Text that does not end a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
