//! What the app on the phone shows of a rule, as lines of text: small, and read without a library.
//!
//! Fields are parted by tabs. `C` begins a component (title, about); `S` is a source of it (kind, address, what it says),
//! counted from 0; `R` is a rule (id, keys of its siblings, role, purpose, switch, sentence, breaks, sources, seconds for which
//! its own reply lives); `B` is a breakage of the rule above (class, what). In `R` the siblings and sources are parted by
//! commas, breaks is `?` where nobody looked, and the seconds are there only where the rule has a reply of its own.

use records::{Breaks, File, Record, Status, Word};

use crate::Collection;

/// The first line; another form has another number.
const FIRST_LINE: &str = "hushwall-explanations 1\n";

/// The explanations of all shipped rules. Files with mistakes are left out: lint speaks of them.
pub fn explanations(collection: &Collection) -> String {
    let mut text = FIRST_LINE.to_owned();
    for sheet in &collection.sheets {
        if let Ok(file) = &sheet.file {
            push_file(&mut text, &sheet.stem, file);
        }
    }
    text
}

fn push_file(text: &mut String, stem: &str, file: &File) {
    push_line(text, &["C", &file.title, &file.about]);
    let mut places = Vec::new();
    for record in file.rule.iter().filter(|record| record.status == Status::Shipped) {
        for key in record.evidence.iter().map(|key| key.get_ref()) {
            if let Some(source) = file.source.get(key)
                && !places.contains(&key)
            {
                places.push(key);
                let source = source.get_ref();
                let says = source.says.as_deref().unwrap_or("");
                push_line(text, &["S", source.kind.as_str(), &source.url, says]);
            }
        }
    }
    for record in file.rule.iter().filter(|record| record.status == Status::Shipped) {
        push_record(text, stem, file, record, &places);
    }
}

fn push_record(text: &mut String, stem: &str, file: &File, record: &Record, places: &[&String]) {
    let id = format!("{stem}/{}", record.id.get_ref());
    let keys: Vec<&str> = record.targets().filter_map(|(_, key)| key).collect();
    let sources: Vec<String> = record
        .evidence
        .iter()
        .filter_map(|key| places.iter().position(|place| *place == key.get_ref()))
        .map(|place| place.to_string())
        .collect();
    let purpose = record.function(file).map_or("", |function| function.as_str());
    let sentence = record.sends.as_deref().or(record.why.as_deref()).unwrap_or("");
    let known: &[_] = match &record.breaks {
        Some(Breaks::Known(known)) => known,
        _ => &[],
    };
    let breaks = match &record.breaks {
        Some(Breaks::Word(Word::Unknown)) | None => "?",
        _ => "",
    };
    let life = record
        .reply
        .map_or_else(String::new, |reply| reply.ttl.to_string());
    push_line(
        text,
        &[
            "R",
            &id,
            &keys.join(","),
            file.role.as_str(),
            purpose,
            record.feature.as_deref().unwrap_or(""),
            sentence,
            breaks,
            &sources.join(","),
            &life,
        ],
    );
    for breakage in known {
        push_line(text, &["B", breakage.class.as_str(), &breakage.what]);
    }
}

/// Fields are one line each: what would part them becomes a space.
fn push_line(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push('\t');
        }
        text.extend(
            field
                .chars()
                .map(|letter| if letter.is_control() { ' ' } else { letter }),
        );
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
schema = 1
title = "Test"
about = "Two lines\nof text."
packages = []
role = "block"
function = "usage"

[source.paper]
kind = "paper"
url = "https://example.org/paper"
says = "names\tit"

[source.unused]
kind = "report"
url = "https://example.org/unused"

[[rule]]
id = "family"
names = { cn = "cn.t.example", eu = "eu.t.example" }
match = "exact"
reply = { kind = "nodata", ttl = 3600 }
sends = "Sends what you tap."
breaks = [{ class = "sync", what = "Notes stop.", sources = ["paper"] }]
evidence = ["paper"]
status = "shipped"

[[rule]]
id = "single"
name = "t.example"
match = "subdomains"
sends = "Sends more."
breaks = "unknown"
evidence = ["paper"]
status = "shipped"

[[rule]]
id = "lead"
name = "lead.example"
match = "exact"
sends = "Nobody knows."
breaks = "unknown"
evidence = []
status = "lead"
note = "evidence wanted"
"#;

    #[test]
    fn shipped_rules_are_explained_a_line_each() {
        let collection = Collection::new([("blocklists/test.toml".to_owned(), FILE.to_owned())]);
        let lines = [
            "hushwall-explanations 1",
            "C\tTest\tTwo lines of text.",
            "S\tpaper\thttps://example.org/paper\tnames it",
            "R\ttest/family\tcn,eu\tblock\tusage\t\tSends what you tap.\t\t0\t3600",
            "B\tsync\tNotes stop.",
            "R\ttest/single\t\tblock\tusage\t\tSends more.\t?\t0\t",
            "",
        ];
        assert_eq!(explanations(&collection), lines.join("\n"));
    }

    #[test]
    fn every_built_in_rule_has_its_line() {
        let text = explanations(&crate::builtin());
        for sheet in crate::builtin().sheets {
            for rule in sheet.file.unwrap().rules(&sheet.stem) {
                let found = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("R\t"))
                    .any(|line| {
                        let mut fields = line.split('\t');
                        let (id, keys) = (fields.next().unwrap(), fields.next().unwrap());
                        keys.split(',')
                            .any(|key| rule.id == id || rule.id == format!("{id}-{key}"))
                    });
                assert_eq!(found, rule.status == Status::Shipped, "{}", rule.id);
            }
        }
    }
}
