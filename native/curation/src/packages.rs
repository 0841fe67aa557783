//! The vendor's packages as one table, for programs.

use std::fmt;

use records::Package;
use serde_json::{Value, json};

use crate::Collection;

/// A row of the table of packages.
#[derive(Debug, Clone, Copy)]
pub struct PackageRow<'a>(&'a Package);

/// The packages of all files, in the order in which they are written.
pub fn packages(collection: &Collection) -> impl Iterator<Item = PackageRow<'_>> {
    let files = collection
        .sheets
        .iter()
        .filter_map(|sheet| sheet.file.as_ref().ok());
    files.flat_map(|file| &file.package).map(PackageRow)
}

impl PackageRow<'_> {
    /// For programs; its fields only ever grow.
    pub fn json(&self) -> Value {
        let Self(package) = self;
        json!({
            "package": package.name.get_ref(),
            "title": package.title,
            "what": package.what,
            "identity": package.identity,
            "feature": package.feature.as_ref().map(|feature| feature.get_ref()),
            "tunnel": package.tunnel.as_str(),
        })
    }
}

impl fmt::Display for PackageRow<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(package) = self;
        write!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{}",
            package.name.get_ref(),
            package.tunnel.as_str(),
            package.identity.as_deref().unwrap_or("-"),
            package.feature.as_ref().map_or("-", |feature| feature.get_ref()),
            package.title,
            package.what
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_six_cells_and_no_name_twice() {
        let collection = crate::builtin();
        let mut names = Vec::new();
        for row in packages(&collection) {
            let line = row.to_string();
            assert_eq!(line.split('\t').count(), 6, "{line}");
            assert_eq!(row.json()["package"].as_str(), line.split('\t').next());
            names.extend(line.split('\t').next().map(str::to_owned));
        }
        assert!(names.len() > 40 && names.is_sorted(), "{names:?}");
        names.dedup();
        assert_eq!(names.len(), packages(&collection).count());
    }
}
