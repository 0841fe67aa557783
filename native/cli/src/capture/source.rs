//! The bytes of a file, record by record.

use std::fmt;
use std::io::{BufReader, ErrorKind, Read};

use super::{BUFFER, CaptureError};

/// Longer than any record that a writer makes: a packet of the largest snapshot length with many options.
const MAX_RECORD: u64 = 16 * 1024 * 1024;

/// A stream of bytes with room for one record.
pub(super) struct Source {
    bytes: BufReader<Box<dyn Read>>,
    record: Vec<u8>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("record", &self.record.len())
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn new(bytes: Box<dyn Read>) -> Self {
        Self {
            bytes: BufReader::with_capacity(BUFFER, bytes),
            record: Vec::new(),
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) fn array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, CaptureError> {
        let mut array = [0; N];
        let mut len = 0;
        while let Some(rest) = array.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match self.bytes.read(rest) {
                Ok(0) if len == 0 => return Ok(None),
                Ok(0) => return Err(CaptureError::CutOff),
                Ok(read) => len += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(array))
    }

    /// The next `len` bytes.
    pub(super) fn record(&mut self, len: u64) -> Result<&[u8], CaptureError> {
        if len > MAX_RECORD {
            return Err(CaptureError::Length(len));
        }
        self.record.clear();
        let read = self.bytes.by_ref().take(len).read_to_end(&mut self.record)?;
        if (read as u64) < len {
            return Err(CaptureError::CutOff);
        }
        Ok(&self.record)
    }

    /// The record that was read last.
    pub(super) fn last(&self) -> &[u8] {
        &self.record
    }
}
