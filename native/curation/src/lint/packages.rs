//! What can be wrong between the table of packages and the other files.

use std::collections::BTreeSet;

use super::{Finding, find};
use crate::Collection;

pub(super) fn check(collection: &Collection, found: &mut Vec<Finding>) {
    let files = || {
        collection
            .sheets
            .iter()
            .filter_map(|sheet| Some((sheet, sheet.file.as_ref().ok()?)))
    };
    let switches: BTreeSet<&String> = files().flat_map(|(_, file)| file.feature.keys()).collect();
    let known: BTreeSet<&String> = files()
        .flat_map(|(_, file)| &file.package)
        .map(|package| package.name.get_ref())
        .collect();
    for (sheet, file) in files() {
        // A file on its own, such as a draft, is not measured by tables that were not given.
        let features = file.package.iter().filter_map(|package| package.feature.as_ref());
        for feature in
            features.filter(|feature| !switches.is_empty() && !switches.contains(feature.get_ref()))
        {
            let mend = format!(
                "`{}` is no switch; write one of those that features.toml defines as `[feature.NAME]`",
                feature.get_ref()
            );
            found.push(Finding::error(sheet, feature.span().start, "package", mend));
        }
        for package in file
            .packages
            .iter()
            .filter(|package| !known.is_empty() && !known.contains(package))
        {
            let mend = format!("package `{package}` is not in packages.toml; add it there, or correct it");
            let at = find(sheet, &format!("\"{package}\""));
            found.push(Finding::error(sheet, at, "package", mend));
        }
    }
}
