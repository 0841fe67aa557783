//! Reads what Kotlin wrote. Nothing is taken on trust: every length is checked, and no byte may be left.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

use super::{Kind, VERSION};

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Another kind of message.
    #[error("another kind of message was expected")]
    Kind,
    /// A version that this library does not speak.
    #[error("version {0} of the encoding is not known")]
    Version(u8),
    /// The bytes end too early.
    #[error("the message is cut off")]
    Short,
    /// Bytes are left behind the end.
    #[error("{0} bytes behind the end of the message")]
    Trailing(usize),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A value that its field cannot have.
    #[error("{0} has a value that it cannot have")]
    Value(&'static str),
}

/// What is left to read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads a whole message of this kind.
    pub(crate) fn read<T>(
        bytes: &'a [u8],
        kind: Kind,
        body: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut reader = Self { rest: bytes };
        if reader.u8()? != kind as u8 {
            return Err(DecodeError::Kind);
        }
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version(other)),
        }
        let value = body(&mut reader)?;
        match reader.rest.len() {
            0 => Ok(value),
            left => Err(DecodeError::Trailing(left)),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Value(field)),
        }
    }

    /// One of `values`, by its place.
    pub(crate) fn choice<T: Copy>(&mut self, field: &'static str, values: &[T]) -> Result<T, DecodeError> {
        let place = usize::from(self.u8()?);
        values.get(place).copied().ok_or(DecodeError::Value(field))
    }

    pub(crate) fn text(&mut self) -> Result<String, DecodeError> {
        let len = self.u16()?.into();
        let text = str::from_utf8(self.take(len)?).map_err(|_| DecodeError::Text)?;
        Ok(text.to_owned())
    }

    pub(crate) fn address(&mut self) -> Result<IpAddr, DecodeError> {
        match self.u8()? {
            4 => Ok(Ipv4Addr::from(self.array::<4>()?).into()),
            6 => Ok(Ipv6Addr::from(self.array::<16>()?).into()),
            _ => Err(DecodeError::Value("an address's family")),
        }
    }

    pub(crate) fn option<T>(
        &mut self,
        field: &'static str,
        item: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        if self.bool(field)? {
            item(self).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A list behind its count. A count promises nothing, so no room is made for it beforehand.
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.u32()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }
}
