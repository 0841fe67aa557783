//! What is written of results: tables with bars and ratios, and plots. It measures nothing, so the same results always
//! make the same pages.

mod peers;
mod plot;
mod results;
mod rows;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

pub use results::Results;

/// Writes `RESULTS.md` and `plots/*.svg` into `folder`, and gives the first.
///
/// # Errors
/// If a file cannot be written.
pub fn write(results: &Results, date: &str, folder: &Path) -> Result<String> {
    let plots = folder.join("plots");
    fs::create_dir_all(&plots)?;
    for (name, svg) in plot::all(results) {
        fs::write(plots.join(&name), svg).with_context(|| name)?;
    }
    let page = table::page(results, date);
    fs::write(folder.join("RESULTS.md"), &page)?;
    Ok(page)
}

#[cfg(test)]
mod tests;
