//! What the lists promise to the owner of a phone, held against the records as they are and the rules as they are
//! compiled in.

use std::fs;
use std::path::PathBuf;

use blocklist::{Preset, Rules, RulesBuilder};
use curation::Collection;

/// All presets, each containing the one before.
pub const PRESETS: [(Preset, &str); 4] = [
    (Preset::None, "none"),
    (Preset::NothingBreaks, "nothing-breaks"),
    (Preset::Balanced, "balanced"),
    (Preset::Everything, "everything"),
];

/// A file of the repository.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// The text of a file of the repository.
pub fn read(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The records of `blocklists/`, as they are on the disk.
pub fn records() -> Collection {
    let mut names: Vec<String> = fs::read_dir(path("blocklists"))
        .expect("the repository has its lists")
        .map(|entry| {
            entry
                .expect("the folder can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    Collection::new(names.into_iter().map(|name| {
        let path = format!("blocklists/{name}");
        let text = read(&path);
        (path, text)
    }))
}

/// The rules under a preset, with the switches of some features off.
pub fn rules(preset: Preset, without: &[&str]) -> Rules {
    let builder = RulesBuilder::new(preset);
    let builder = without
        .iter()
        .try_fold(builder, |builder, feature| builder.without_feature(feature));
    builder.expect("the features are known").build()
}

/// The rules of everything, and of the leads as a list that its owner added.
pub fn rules_with_leads() -> Rules {
    let leads: String = curation::leads(&records())
        .map(|lead| format!("{lead}\n"))
        .collect();
    let builder = RulesBuilder::new(Preset::Everything).list("leads", &leads);
    builder.expect("the leads are a list").build()
}

/// The names that no preset may block.
pub fn never_block() -> Vec<String> {
    let text = read("tests/fixtures/lists/never-block.txt");
    let names = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    names.map(str::to_owned).collect()
}
