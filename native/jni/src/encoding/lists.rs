//! List files.

use super::Kind;
use super::reader::{DecodeError, Reader};
use crate::settings::{ListFile, ListRole};

/// Reads a list of `ListFile`.
pub fn parse_lists(bytes: &[u8]) -> Result<Vec<ListFile>, DecodeError> {
    Reader::read(bytes, Kind::Lists, read_lists)
}

pub(super) fn read_lists(reader: &mut Reader<'_>) -> Result<Vec<ListFile>, DecodeError> {
    reader.list(|reader| {
        Ok(ListFile {
            title: reader.text()?,
            path: reader.text()?,
            role: reader.choice("role", &[ListRole::Edition, ListRole::Block, ListRole::Allow])?,
            manifest: reader.option("manifest", Reader::text)?,
        })
    })
}
