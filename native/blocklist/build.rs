//! Compiles `blocklists/*.toml` into the list that `src/builtin.rs` includes. An error names the file, the record and
//! how to mend it.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

#[path = "build/compile.rs"]
mod compile;
#[path = "build/endpoints.rs"]
mod endpoints;
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "what reads a compiled list is for the crate"
)]
#[path = "src/image/mod.rs"]
mod image;
#[path = "build/table.rs"]
mod table;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../blocklists");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/image");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&root).map_err(|error| format!("{}: {error}", root.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.insert(stem(&path), std::fs::read_to_string(&path)?);
        }
    }
    let mut rules = Vec::new();
    let mut features = BTreeMap::new();
    let mut read = Vec::new();
    for (stem, text) in &files {
        let path = format!("blocklists/{stem}.toml");
        let say = |problem: records::Problem| {
            let line = records::line_of(text, problem.at.start);
            format!("{path}:{line}: {}", problem.sentence())
        };
        let file = records::File::parse(text).map_err(say)?;
        let (shipped, switches) = file.shipped(stem).map_err(say)?;
        rules.extend(shipped);
        features.extend(switches);
        read.push((stem.as_str(), file));
    }
    table::check(&rules, &features)?;
    let list = compile::compile(&rules, &features)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("builtin.list"), list)?;
    std::fs::write(out.join("endpoints.rs"), endpoints::emit(&read)?)?;
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
