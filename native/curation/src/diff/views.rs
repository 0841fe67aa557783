//! Everything that files of records say, field by field, and what of it differs.

use std::collections::{BTreeMap, BTreeSet};

use records::{Endpoint, File, Package, Preset, Reach, Record, Rule, Source};

use super::Edit;
use crate::Collection;

/// A rule, a package, a switch, a server, a source or a file as a diff sees it: what it says apart from where it stands.
struct View {
    id: String,
    pattern: String,
    /// In a word: `shipped`, `on`.
    state: String,
    fields: Vec<(&'static str, String)>,
}

/// Fields of which one wants to know that they changed; their text is in the change itself.
const LONG: [&str; 5] = ["words", "breaks", "evidence", "note", "packages"];

/// What came, went or changed.
pub(super) fn edits(old: &Collection, new: &Collection) -> Vec<Edit> {
    let (before, after) = (views(old), views(new));
    let keys: BTreeSet<&(u8, String)> = before.keys().chain(after.keys()).collect();
    let mut edits = Vec::new();
    for key in keys {
        let (was, is) = (before.get(key), after.get(key));
        let what = match (was, is) {
            (None, Some(now)) => vec![format!("new, {}", now.state)],
            (Some(was), None) => vec![format!("removed, was {}", was.state)],
            (Some(was), Some(now)) => was.difference(now),
            (None, None) => Vec::new(),
        };
        if let (Some(view), false) = (is.or(was), what.is_empty()) {
            edits.push(Edit {
                id: view.id.clone(),
                pattern: view.pattern.clone(),
                what,
            });
        }
    }
    edits
}

/// By what weighs most for a phone, then by id.
fn views(collection: &Collection) -> BTreeMap<(u8, String), View> {
    let mut views = BTreeMap::new();
    for sheet in &collection.sheets {
        let (Ok(file), stem) = (&sheet.file, &sheet.stem) else {
            continue;
        };
        for package in &file.package {
            views.insert(
                (0, package.name.get_ref().clone()),
                View::of_package(package, file),
            );
        }
        for endpoint in &file.endpoint {
            let view = View::of_endpoint(endpoint, stem, file);
            views.insert((1, view.id.clone()), view);
        }
        for (name, feature) in &file.feature {
            let view = View::new("switch", name, "known", vec![("words", feature.what.clone())]);
            views.insert((2, name.clone()), view);
        }
        // The ports of one address share an id, and are a field.
        for rule in &sheet.rules {
            if let Some((file, record)) = sheet.record(rule) {
                views
                    .entry((3, rule.id.clone()))
                    .or_insert_with(|| View::of_rule(rule, record, file));
            }
        }
        for (key, source) in &file.source {
            let view = View::of_source(&format!("source {stem}/{key}"), source.get_ref());
            views.insert((4, view.id.clone()), view);
        }
        views.insert((5, stem.clone()), View::of_file(stem, file));
    }
    views
}

impl View {
    fn new(id: &str, pattern: &str, state: &str, fields: Vec<(&'static str, String)>) -> Self {
        Self {
            id: id.to_owned(),
            pattern: pattern.to_owned(),
            state: state.to_owned(),
            fields,
        }
    }

    fn of_rule(rule: &Rule, record: &Record, file: &File) -> Self {
        let ports: BTreeSet<u16> = record.ports.iter().copied().collect();
        let function = record.function(file).map_or("", records::Function::as_str);
        let reply = record
            .reply
            .map_or_else(String::new, |reply| format!("{:?} {}", reply.kind, reply.ttl));
        let fields = vec![
            ("name", rule.pattern.clone()),
            ("match", record.reach.map_or("", Reach::as_str).to_owned()),
            ("ports", joined(ports.iter().map(u16::to_string))),
            ("status", record.status.as_str().to_owned()),
            ("role", file.role.as_str().to_owned()),
            ("preset", rule.from().map_or("", Preset::as_str).to_owned()),
            ("feature", record.feature.clone().unwrap_or_default()),
            ("function", function.to_owned()),
            ("reply", reply),
            ("words", rule.what.clone()),
            ("breaks", format!("{:?}", record.breaks)),
            (
                "evidence",
                evidence(file, record.evidence.iter().map(|key| key.get_ref())),
            ),
            (
                "confidence",
                record
                    .confidence
                    .map_or("", records::Confidence::as_str)
                    .to_owned(),
            ),
            ("first seen", record.first_seen.clone().unwrap_or_default()),
            ("last seen", record.last_seen.clone().unwrap_or_default()),
            ("note", record.note.clone().unwrap_or_default()),
        ];
        Self::new(&rule.id, &rule.pattern, record.status.as_str(), fields)
    }

    fn of_package(package: &Package, file: &File) -> Self {
        let feature = package.feature.as_ref();
        let fields = vec![
            ("tunnel", package.tunnel.as_str().to_owned()),
            ("shared user id", package.identity.clone().unwrap_or_default()),
            (
                "feature",
                feature.map(|it| it.get_ref().clone()).unwrap_or_default(),
            ),
            ("words", format!("{}: {}", package.title, package.what)),
            (
                "evidence",
                evidence(file, package.evidence.iter().map(|key| key.get_ref())),
            ),
            ("note", package.note.clone().unwrap_or_default()),
        ];
        Self::new("package", package.name.get_ref(), package.tunnel.as_str(), fields)
    }

    fn of_endpoint(endpoint: &Endpoint, stem: &str, file: &File) -> Self {
        let places = endpoint.hosts.iter().chain(&endpoint.addresses);
        let places = joined(places.map(|place| place.get_ref().clone()));
        let fields = vec![
            ("places", places.clone()),
            ("speaks", format!("{:?}", endpoint.speaks)),
            ("ports", joined(endpoint.ports.iter().map(u16::to_string))),
            ("path", endpoint.path.clone().unwrap_or_default()),
            ("status", endpoint.status.as_str().to_owned()),
            ("words", endpoint.what.clone()),
            (
                "evidence",
                evidence(file, endpoint.evidence.iter().map(|key| key.get_ref())),
            ),
            ("note", endpoint.note.clone().unwrap_or_default()),
        ];
        let id = format!("endpoint {stem}/{}", endpoint.id.get_ref());
        Self::new(&id, &places, endpoint.status.as_str(), fields)
    }

    fn of_source(id: &str, source: &Source) -> Self {
        let fields = vec![
            ("kind", source.kind.as_str().to_owned()),
            ("address", source.url.clone()),
            ("read", source.read.clone().unwrap_or_default()),
            ("lineage", source.lineage.clone().unwrap_or_default()),
            ("witness", source.witness.clone().unwrap_or_default()),
            ("seen", source.seen.clone().unwrap_or_default()),
            ("tried", source.tried.to_string()),
            ("words", source.says.clone().unwrap_or_default()),
        ];
        Self::new(id, &source.url, source.kind.as_str(), fields)
    }

    fn of_file(stem: &str, file: &File) -> Self {
        let fields = vec![
            ("words", format!("{}: {}", file.title, file.about)),
            ("packages", file.packages.join(" ")),
        ];
        Self::new("file", stem, file.role.as_str(), fields)
    }

    fn difference(&self, now: &Self) -> Vec<String> {
        let pairs = self.fields.iter().zip(&now.fields).filter(|(was, is)| was != is);
        pairs
            .map(|((field, was), (_, is))| match *field {
                field if LONG.contains(&field) => format!("{field} changed"),
                _ if was.is_empty() => format!("{field}: {is}"),
                _ if is.is_empty() => format!("{field}: no longer {was}"),
                _ => format!("{field}: {was} -> {is}"),
            })
            .collect()
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// The addresses of cited sources: their keys are the file's own business.
fn evidence<'a>(file: &File, keys: impl Iterator<Item = &'a String>) -> String {
    let cited = keys.filter_map(|key| file.source.get(key));
    let cited: BTreeSet<&str> = cited.map(|source| source.get_ref().url.as_str()).collect();
    cited.into_iter().collect::<Vec<_>>().join(" ")
}
