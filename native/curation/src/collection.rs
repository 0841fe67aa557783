//! Files of records, read together.

use records::{File, Problem, Record, Rule, Status, line_of};

/// A file of records, as it was read.
#[derive(Debug)]
pub struct Sheet {
    /// The name without folder and ending, which begins the ids of its rules.
    pub stem: String,
    /// Where it came from, for people.
    pub path: String,
    /// As written.
    pub text: String,
    /// What is written there; an error where it cannot be read at all.
    pub file: Result<File, Problem>,
    /// The rules of all records, whatever their status.
    pub rules: Vec<Rule>,
}

/// Files of records, read together.
#[derive(Debug, Default)]
pub struct Collection {
    /// In the order of their stems.
    pub sheets: Vec<Sheet>,
}

/// A file's name without folder and ending.
pub(crate) fn stem_of(path: &str) -> &str {
    let name = path.rsplit(['/', '\\', ':']).next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

impl Collection {
    /// Reads files, given as path and text.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let sheet = |(path, text): (String, String)| {
            let stem = stem_of(&path).to_owned();
            let file = File::parse(&text);
            let rules = file.as_ref().map(|file| file.rules(&stem)).unwrap_or_default();
            Sheet {
                stem,
                path,
                text,
                file,
                rules,
            }
        };
        let mut sheets: Vec<Sheet> = files.into_iter().map(sheet).collect();
        sheets.sort_by(|a, b| a.stem.cmp(&b.stem));
        Self { sheets }
    }

    /// Every rule with its file, whatever its status.
    pub fn rules(&self) -> impl Iterator<Item = (&Sheet, &Rule)> {
        self.sheets
            .iter()
            .flat_map(|sheet| sheet.rules.iter().map(move |rule| (sheet, rule)))
    }

    /// The rules in force.
    pub fn shipped(&self) -> impl Iterator<Item = (&Sheet, &Rule)> {
        self.rules().filter(|(_, rule)| rule.status == Status::Shipped)
    }
}

impl Sheet {
    /// The record that a rule of this file belongs to, with the file.
    pub fn record(&self, rule: &Rule) -> Option<(&File, &Record)> {
        let file = self.file.as_ref().ok()?;
        Some((file, file.rule.get(rule.record)?))
    }

    /// The line of an offset into the text.
    pub(crate) fn line(&self, offset: usize) -> usize {
        line_of(&self.text, offset)
    }
}
