//! Findings as text, JSON lines, SARIF and GitHub annotations.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Finding, Level};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A line each, as compilers write them.
    Text,
    /// A JSON object a line.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which show them beside the change.
    Github,
}

impl Level {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Advice => "advice",
        }
    }
}

/// Writes the findings.
pub fn write_report(out: &mut impl Write, report: Report, findings: &[Finding]) -> io::Result<()> {
    match report {
        Report::Text => findings.iter().try_for_each(|found| {
            let Finding {
                path,
                line,
                level,
                code,
                mend,
            } = found;
            let (path, mend) = (visible(path), visible(mend));
            writeln!(out, "{path}:{line}: {}[{code}]: {mend}", level.as_str())
        }),
        Report::Json => findings.iter().try_for_each(|found| {
            let Finding {
                path,
                line,
                level,
                code,
                mend,
            } = found;
            let row =
                json!({ "path": path, "line": line, "level": level.as_str(), "code": code, "mend": mend });
            writeln!(out, "{row}")
        }),
        Report::Sarif => writeln!(out, "{:#}", sarif(findings)),
        Report::Github => findings.iter().try_for_each(|found| {
            let command = match found.level {
                Level::Error => "error",
                Level::Advice => "notice",
            };
            let (path, title) = (property(&found.path), property(found.code));
            let (line, mend) = (found.line, data(&visible(&found.mend)));
            writeln!(out, "::{command} file={path},line={line},title={title}::{mend}")
        }),
    }
}

/// Text that a stranger wrote, for a terminal: what would steer it, or turn the direction of writing, as `\u{...}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let steers = |letter: char| {
        letter.is_control() && !matches!(letter, '\n' | '\t')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match steers(letter) {
            true => seen.extend(letter.escape_unicode()),
            false => seen.push(letter),
        }
    }
    Cow::Owned(seen)
}

/// SARIF 2.1.0, section 3.
fn sarif(findings: &[Finding]) -> Value {
    let codes: BTreeSet<&str> = findings.iter().map(|found| found.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code })).collect();
    let results = findings.iter().map(|found| {
        let level = match found.level {
            Level::Error => "error",
            Level::Advice => "note",
        };
        json!({
            "ruleId": found.code,
            "level": level,
            "message": { "text": found.mend },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": found.path.replace('\\', "/") },
                "region": { "startLine": found.line },
            } }],
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "hushwall lists lint", "rules": rules } },
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// The text of a workflow command, in which three characters have meaning.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command, in which five have.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
