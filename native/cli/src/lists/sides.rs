//! The two sides of a comparison: records, of a folder, a file or a git revision; or a list of another tool.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use blocklist::{Because, Event, Plain, Preset, Reach, Rules, RulesBuilder, Syntax, Target};
use curation::{Change, Collection, Decision, Diff, Edit};

use super::edition::Edition;
use super::files;

/// Compares two sides; given names, what changes for these alone.
pub(crate) fn compare(old: &str, new: &str, names: Option<BTreeSet<String>>) -> anyhow::Result<Diff> {
    let is_list = |side: &str| {
        let path = Path::new(side);
        path.is_file() && path.extension().is_none_or(|extension| extension != "toml")
    };
    match (is_list(old), is_list(new)) {
        (false, false) => {
            let (old, new) = collections(old, new)?;
            Ok(match names {
                Some(names) => curation::diff_on(&old, &new, names),
                None => curation::diff(&old, &new),
            })
        }
        (true, true) => lists([Path::new(old), Path::new(new)], names),
        _ => anyhow::bail!("compare records with records, or a list with a list"),
    }
}

/// The records of one side, as far as they can be read.
pub(super) fn records(side: &str) -> anyhow::Result<Collection> {
    Ok(Collection::new(read(side)?))
}

fn collections(old: &str, new: &str) -> anyhow::Result<(Collection, Collection)> {
    let (mut old, new) = (read(old)?, read(new)?);
    // Two files of different names are two versions of one.
    if let ([(before, _)], [(after, _)]) = (&mut old[..], &new[..]) {
        before.clone_from(after);
    }
    let (old, new) = (Collection::new(old), Collection::new(new));
    for sheet in old.sheets.iter().chain(&new.sheets) {
        if let Err(problem) = &sheet.file {
            let line = records::line_of(&sheet.text, problem.at.start);
            anyhow::bail!("{}:{line}: {}", sheet.path, problem.sentence());
        }
    }
    Ok((old, new))
}

/// The files of one side, as path and text.
fn read(side: &str) -> anyhow::Result<Vec<(String, String)>> {
    let path = Path::new(side);
    if path.exists() {
        let paths = files::find(&[path.to_owned()])?.into_iter();
        return paths
            .map(|path| Ok((path.to_string_lossy().into_owned(), files::read(&path)?)))
            .collect();
    }
    let (revision, folder) = side.split_once(':').unwrap_or((side, files::FOLDER));
    let tree = format!("{revision}:{}", folder.trim_end_matches('/'));
    let listing = git(&["ls-tree", "--name-only", &tree]).with_context(|| {
        format!("`{side}` is neither a file nor a folder here, nor a git revision with `{folder}`")
    })?;
    let names = listing.lines().filter(|name| name.ends_with(".toml"));
    names
        .map(|name| {
            let object = format!("{tree}/{name}");
            let text = git(&["show", &object])?;
            Ok((object, text))
        })
        .collect()
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .context("cannot run git")?;
    let error = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "git: {}", error.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Compares two lists of other tools, each as a phone reads it beside the names that are kept free.
fn lists(paths: [&Path; 2], names: Option<BTreeSet<String>>) -> anyhow::Result<Diff> {
    let [old, new] = paths.map(files::read);
    let texts = [old?, new?];
    let names = names.unwrap_or_else(|| texts.iter().flat_map(|text| names_of(text)).collect());
    let edition = Edition::read(&[])?;
    let mut sides = Vec::new();
    for (path, text) in paths.iter().zip(&texts) {
        let title = path.to_string_lossy();
        let alone = RulesBuilder::new(Preset::None).without_builtin();
        let beside = edition.rules(Preset::None);
        sides.push((
            alone.list(&title, text)?.build(),
            beside.list(&title, text)?.build(),
        ));
    }
    let [(old_alone, old), (new_alone, new)] = &sides[..] else {
        anyhow::bail!("two sides are compared");
    };
    let mut diff = Diff::default();
    for name in names {
        let ((before, was_by), (after, is_by)) = (decide(old, &name), decide(new, &name));
        if before != after {
            let rules = [was_by, is_by];
            diff.changes.push(Change {
                name,
                before,
                after,
                presets: Vec::new(),
                rules,
            });
        }
    }
    diff.edits = kept(&edition.collection, old_alone, new_alone, new);
    diff.edits_are = Some("essential and feature names that the lists treat differently");
    Ok(diff)
}

/// The names of a list, and with `*.` before it what is beneath and not named.
fn names_of(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    Syntax::detect(text).read(text, Plain::Subdomains, &mut |_, event| {
        if let Event::Rule(pattern) = event
            && let Target::Name(name, reach) = pattern.target
        {
            let name = name.to_ascii_lowercase();
            if reach != Reach::Exact {
                names.insert(format!("*.{name}"));
            }
            names.insert(name);
        }
    });
    names
}

fn decide(rules: &Rules, name: &str) -> (Decision, Option<String>) {
    let verdict = rules.verdict(name, None);
    let (decision, id) = match verdict.because {
        Because::Essential(id) => (Decision::Essential, id),
        Because::Feature(id) => (Decision::Feature, id),
        Because::List(id) if verdict.is_block() => (Decision::Block, id),
        _ => return (Decision::NoRule, None),
    };
    (decision, rules.rule(id).map(|rule| rule.id.to_owned()))
}

/// The essential and feature names that one of the lists would block and the other would not.
fn kept(records: &Collection, old: &Rules, new: &Rules, beside: &Rules) -> Vec<Edit> {
    let kept = records
        .shipped()
        .filter(|(_, rule)| !rule.is_block() && rule.network.is_none());
    kept.filter_map(|(_, rule)| {
        let name = rule.pattern.as_str();
        let what = match (
            old.verdict(name, None).is_block(),
            new.verdict(name, None).is_block(),
        ) {
            (false, true) => "the list would block it now",
            (true, false) => "the list would block it no longer",
            _ => return None,
        };
        let (decision, _) = decide(beside, name);
        Some(Edit {
            id: rule.id.clone(),
            pattern: name.to_owned(),
            what: vec![what.to_owned(), format!("kept free: {}", decision.as_str())],
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> String {
        let path = std::env::temp_dir().join(format!("hushwall-sides-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn lists_of_other_tools_are_compared_beside_the_names_that_are_kept_free() {
        let old = file("old.txt", "0.0.0.0 a.example\n0.0.0.0 b.example\n");
        let new = file("new.txt", "0.0.0.0 b.example\n||update.miui.com^\n||c.example^\n");
        let diff = compare(&old, &new, None).unwrap();
        let rows: Vec<_> = diff
            .changes
            .iter()
            .map(|change| (change.name.as_str(), change.is_gain(), change.is_loss()))
            .collect();
        assert_eq!(
            rows,
            [
                ("*.c.example", true, false),
                ("*.update.miui.com", true, false),
                ("a.example", false, true),
                ("c.example", true, false),
            ]
        );
        let taken: Vec<&str> = diff.edits.iter().map(|edit| edit.pattern.as_str()).collect();
        assert_eq!(taken, ["unlock.update.miui.com", "update.miui.com"]);
        let seen = BTreeSet::from(["a.example".to_owned()]);
        assert_eq!(compare(&old, &new, Some(seen)).unwrap().changes.len(), 1);
    }

    #[test]
    fn records_and_lists_are_not_compared_with_one_another() {
        let list = file("list.txt", "a.example\n");
        let records = file("records.toml", "schema = 1\n");
        assert!(compare(&list, &records, None).is_err());
        assert!(compare("no-such-thing", &list, None).is_err());
    }
}
