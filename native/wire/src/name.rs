//! A host name as the rest of the house sees it.

use std::fmt;
use std::sync::Arc;

/// A host name: lower case, no trailing dot, labels joined by dots.
///
/// Bytes of a DNS label that are not printable ASCII, and dots or backslashes inside a label, are written `\DDD`
/// (RFC 1035 section 5.1), so that no label can pretend to be two. The root is the empty name. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Takes a name that came as text: a server name, a `Host` header. Lower-cases it and drops one trailing dot.
    pub fn from_text(text: &str) -> Self {
        let text = text.strip_suffix('.').unwrap_or(text);
        Self(Arc::from(text.to_ascii_lowercase()))
    }

    /// Takes the labels of a DNS name, first label first.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut text = String::with_capacity(64);
        for (i, label) in labels.into_iter().enumerate() {
            if i > 0 {
                text.push('.');
            }
            for &byte in label {
                match byte {
                    b'.' | b'\\' => {
                        text.push('\\');
                        text.push(char::from(byte));
                    }
                    0x21..=0x7e => text.push(char::from(byte.to_ascii_lowercase())),
                    _ => text.push_str(&format!("\\{byte:03}")),
                }
            }
        }
        Self(Arc::from(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
