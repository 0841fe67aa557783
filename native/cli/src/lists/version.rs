//! The version of the lists in this repository, which is that of the built-in list.

use trust::{Version, VersionError};

/// What `blocklists/VERSION` says: whoever changes a record raises it.
pub(super) fn builtin() -> Result<Version, VersionError> {
    Version::parse(include_str!("../../../../blocklists/VERSION").trim_end())
}

#[cfg(test)]
mod tests {
    #[test]
    fn version_of_the_lists_is_one() {
        assert!(super::builtin().is_ok());
    }
}
