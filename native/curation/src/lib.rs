//! What `hushwall lists` does to the records of `blocklists/`, without a command line and without files: put them in
//! order, find what is wrong, explain a name, say what a change means for a phone.

mod builtin;
mod collection;
mod diff;
mod draft;
mod explain;
mod explanations;
mod fmt;
mod idna;
mod leads;
mod lint;
mod packages;
mod place;
mod readme;
mod verdict;

pub use builtin::builtin;
pub use collection::{Collection, Sheet};
pub use diff::{Change, Diff, Edit, diff, diff_on};
pub use draft::{Sightings, basic_string, draft, id_of, nearest};
pub use explain::{Explanation, Met, explain};
pub use explanations::explanations;
pub use fmt::{FmtError, fmt};
pub use leads::{Lead, leads};
pub use lint::{
    Entry, Extent, Finding, Level, Report, lint, lint_beside, lint_names, swallows, visible, write_report,
};
pub use packages::{PackageRow, packages};
pub use place::{Place, asked};
pub use readme::readme;
pub use verdict::{Decision, decide, decide_at};
