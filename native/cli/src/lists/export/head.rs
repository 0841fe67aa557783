//! What stands at the head of an export: title, version, expiry, the licence of every source, counts.

use std::collections::BTreeMap;

use curation::Collection;
use records::Kind;
use trust::Version;

use super::format::Format;
use super::plan::Plan;

/// Days after its version until a list is to be fetched again.
const DAYS: u32 = 30;

/// A source of names and the licence that it says of itself.
pub(super) type Licences = BTreeMap<String, String>;

/// The lists that the records of some built-in list cite, each with its licence.
pub(super) fn licences(collection: &Collection) -> Licences {
    let mut licences = Licences::new();
    for file in collection
        .sheets
        .iter()
        .filter_map(|sheet| sheet.file.as_ref().ok())
    {
        for source in file.source.values().map(|source| source.get_ref()) {
            if source.kind == Kind::Listed {
                let says = source.says.as_deref().and_then(|says| says.split(';').next());
                licences.insert(project(&source.url), says.unwrap_or("not said").to_owned());
            }
        }
    }
    licences
}

/// The repository of a file's address.
fn project(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let parts: Vec<&str> = rest.split('/').take(3).collect();
    format!("{scheme}://{}", parts.join("/"))
}

/// The licence that a list says of itself in its first lines.
pub(super) fn licence_of(text: &str) -> String {
    let said = text.lines().take(60).find_map(|line| {
        let line = line.trim_start_matches(['#', '!', ';', ' ', '\t']);
        let (key, value) = line.split_once(':')?;
        let is_licence =
            ["license", "licence", "copyright"].contains(&key.trim().to_ascii_lowercase().as_str());
        is_licence.then(|| value.trim()).filter(|value| !value.is_empty())
    });
    let said: String = said
        .unwrap_or("not said")
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    said
}

/// The head, each line a comment of the form. Nothing of it comes from a clock.
pub(super) fn head(
    title: &str,
    version: Version,
    licences: &Licences,
    plan: &Plan,
    format: Format,
) -> String {
    let day = version.built();
    let blocks = plan.steps.iter().filter(|step| step.is_block()).count();
    let loss = &plan.loss;
    let mut lines = vec![
        format!("Title: {title}"),
        format!("Version: {version}"),
        format!("Last modified: {day}"),
        format!("Expires: {DAYS} days (on {})", day.plus(DAYS)),
        "Licence: CC0-1.0 (words and selection)".to_owned(),
    ];
    lines.extend(
        licences
            .iter()
            .map(|(source, licence)| format!("Source: {source} ({licence})")),
    );
    lines.push(format!(
        "Rules: {blocks} that block, {} that let through; {} more names are met by a rule on a name above them",
        plan.steps.len() - blocks,
        plan.merged
    ));
    lines.push(format!(
        "Loss: {} narrowed, {} widened, {} left out for the sake of names that must work, {} without words for them here, {} whose answer the tool chooses",
        loss.narrowed.len(),
        loss.widened.len(),
        loss.swallowing.len(),
        loss.foreign.len(),
        loss.replies.len(),
    ));
    if format.lists_essentials() {
        lines.push(
            "Exceptions: `@@` names must work; beside other lists they lift the blocks of those, too"
                .to_owned(),
        );
    }
    lines.extend(format.needs().map(|needs| format!("Needs: {needs}")));
    let mark = format.comment();
    lines.iter().map(|line| format!("{mark} {line}\n")).collect()
}
