//! Takes `blocklists/*.toml` into the program, as they are written.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../blocklists");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&root).map_err(|error| format!("{}: {error}", root.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.insert(stem, std::fs::read_to_string(&path)?);
        }
    }
    let rows: String = files
        .iter()
        .map(|(stem, text)| format!("    ({stem:?}, {text:?}),\n"))
        .collect();
    let source = format!("static FILES: [(&str, &str); {}] = [\n{rows}];\n", files.len());
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("files.rs"), source)?;
    Ok(())
}
