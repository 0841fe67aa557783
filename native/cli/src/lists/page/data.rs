//! What the page's script reads. Its form is between these two files only.

use std::collections::BTreeMap;

use records::{Breaks, Endpoint, File, Package, Record, Reply, ReplyKind, Speech, Tunnel, Word};
use serde::Serialize;

/// All records, servers that resolve and packages among them, with their sources written once.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    version: String,
    files: Vec<Component>,
    features: BTreeMap<String, String>,
    sources: Vec<Source>,
    records: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Component {
    title: String,
    about: String,
    packages: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Source {
    kind: &'static str,
    url: String,
    says: Option<String>,
    read: Option<String>,
    lineage: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Entry {
    file: usize,
    id: String,
    names: Vec<Target>,
    role: &'static str,
    status: &'static str,
    #[serde(rename = "match")]
    reach: Option<&'static str>,
    ports: Vec<u16>,
    function: Option<&'static str>,
    feature: Option<String>,
    what: String,
    breaks: Option<BreaksEntry>,
    /// Places in `Data::sources`.
    evidence: Vec<usize>,
    confidence: Option<&'static str>,
    first: Option<String>,
    last: Option<String>,
    note: Option<String>,
    reply: Option<String>,
    preset: &'static str,
    /// Of an endpoint.
    speaks: Option<&'static str>,
    path: Option<String>,
    /// Of a package.
    title: Option<String>,
    identity: Option<String>,
    tunnel: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Target {
    key: Option<String>,
    name: String,
}

impl Target {
    fn alone(name: &str) -> Self {
        Self {
            key: None,
            name: name.to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum BreaksEntry {
    Word(&'static str),
    Known(Vec<BreakageEntry>),
}

#[derive(Debug, Serialize)]
struct BreakageEntry {
    class: &'static str,
    what: String,
    sources: Vec<usize>,
    counter: Vec<usize>,
}

impl Data {
    pub(super) const fn new(version: String) -> Self {
        Self {
            version,
            files: Vec::new(),
            features: BTreeMap::new(),
            sources: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Adds a file.
    pub(super) fn push(&mut self, stem: &str, file: &File) {
        let mut places = BTreeMap::new();
        for (key, source) in &file.source {
            places.insert(key.as_str(), self.sources.len());
            let source = source.get_ref();
            self.sources.push(Source {
                kind: source.kind.as_str(),
                url: source.url.clone(),
                says: source.says.clone(),
                read: source.read.clone(),
                lineage: source.lineage.clone(),
            });
        }
        let switches = file.feature.iter();
        self.features
            .extend(switches.map(|(name, feature)| (name.clone(), feature.what.clone())));
        let index = self.files.len();
        let rules = file
            .rule
            .iter()
            .map(|record| of_rule(index, stem, file, record, &places));
        self.records.extend(rules);
        let servers = file.endpoint.iter();
        self.records
            .extend(servers.map(|endpoint| of_endpoint(index, stem, endpoint, &places)));
        let packages = file.package.iter();
        self.records
            .extend(packages.map(|package| of_package(index, stem, package, &places)));
        self.files.push(Component {
            title: file.title.clone(),
            about: file.about.clone(),
            packages: file.packages.clone(),
        });
    }
}

/// Where the sources of a file stand in `Data::sources`, by their keys.
type Places<'a> = BTreeMap<&'a str, usize>;

fn cited<'k>(keys: impl Iterator<Item = &'k String>, places: &Places<'_>) -> Vec<usize> {
    keys.filter_map(|key| places.get(key.as_str()).copied()).collect()
}

fn of_endpoint(index: usize, stem: &str, endpoint: &Endpoint, places: &Places<'_>) -> Entry {
    let servers = endpoint.hosts.iter().chain(&endpoint.addresses);
    Entry {
        file: index,
        id: format!("{stem}/{}", endpoint.id.get_ref()),
        names: servers.map(|server| Target::alone(server.get_ref())).collect(),
        role: "endpoint",
        status: endpoint.status.as_str(),
        ports: endpoint.ports.clone(),
        what: endpoint.what.clone(),
        evidence: cited(endpoint.evidence.iter().map(|key| key.get_ref()), places),
        note: endpoint.note.clone(),
        speaks: Some(match endpoint.speaks {
            Speech::Http => "http",
            Speech::Dns => "dns",
        }),
        path: endpoint.path.clone(),
        ..Entry::default()
    }
}

fn of_package(index: usize, stem: &str, package: &Package, places: &Places<'_>) -> Entry {
    Entry {
        file: index,
        id: format!("{stem}/{}", package.name.get_ref()),
        names: vec![Target::alone(package.name.get_ref())],
        role: "package",
        status: "shipped",
        feature: package.feature.as_ref().map(|feature| feature.get_ref().clone()),
        what: package.what.clone(),
        evidence: cited(package.evidence.iter().map(|key| key.get_ref()), places),
        note: package.note.clone(),
        title: Some(package.title.clone()),
        identity: package.identity.clone(),
        tunnel: Some(match package.tunnel {
            Tunnel::On => "on",
            Tunnel::Off => "off",
            Tunnel::Never => "never",
        }),
        ..Entry::default()
    }
}

fn of_rule(index: usize, stem: &str, file: &File, record: &Record, places: &Places<'_>) -> Entry {
    let targets = record.targets();
    let (first, last) = record.sightings(file);
    let breaks = record.breaks.as_ref().map(|breaks| match breaks {
        Breaks::Word(Word::None) => BreaksEntry::Word("none"),
        Breaks::Word(Word::Unknown) => BreaksEntry::Word("unknown"),
        Breaks::Known(known) => BreaksEntry::Known(
            known
                .iter()
                .map(|breakage| BreakageEntry {
                    class: breakage.class.as_str(),
                    what: breakage.what.clone(),
                    sources: cited(breakage.sources.iter(), places),
                    counter: cited(breakage.counter.iter(), places),
                })
                .collect(),
        ),
    });
    Entry {
        file: index,
        id: format!("{stem}/{}", record.id.get_ref()),
        names: targets
            .map(|(name, key)| Target {
                key: key.map(str::to_owned),
                name: name.get_ref().clone(),
            })
            .collect(),
        role: file.role.as_str(),
        status: record.status.as_str(),
        reach: record.reach.map(|reach| reach.as_str()),
        ports: record.ports.clone(),
        function: record.function(file).map(|function| function.as_str()),
        feature: record.feature.clone(),
        what: record
            .sends
            .clone()
            .or_else(|| record.why.clone())
            .unwrap_or_default(),
        breaks,
        evidence: cited(record.evidence.iter().map(|key| key.get_ref()), places),
        confidence: record.confidence.map(|confidence| confidence.as_str()),
        first: first.map(str::to_owned),
        last: last.map(str::to_owned),
        note: record.note.clone(),
        reply: record.reply.map(reply),
        preset: record.preset(file).as_str(),
        ..Entry::default()
    }
}

fn reply(reply: Reply) -> String {
    let answer = match reply.kind {
        ReplyKind::Zero => "the address zero",
        ReplyKind::Nodata => "no such record",
        ReplyKind::Nxdomain => "no such name",
        ReplyKind::Refused => "refused",
        ReplyKind::Rst => return "reset".to_owned(),
        ReplyKind::Prohibited => return "prohibited".to_owned(),
    };
    format!("{answer}, for {} seconds", reply.ttl)
}
