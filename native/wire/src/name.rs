//! A host name as the rest of the house sees it.

use std::fmt;
use std::sync::Arc;

/// A host name: lower case, no trailing dot, labels joined by dots.
///
/// Bytes of a DNS label that are not printable ASCII are written `\DDD`, and a dot or backslash inside a label stands behind
/// a backslash (RFC 1035 section 5.1), so that no label can pretend to be two. The root is the empty name. Cloning is
/// cheap.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// Takes a name that came as text: a server name, a `Host` header. Lower-cases it and drops one trailing dot.
    pub fn from_text(text: &str) -> Self {
        let text = text.strip_suffix('.').unwrap_or(text);
        // Lower case is made on the stack, so that a name costs one allocation.
        let mut stack = [0; MAX_LEN];
        if let Some(lower) = stack.get_mut(..text.len()) {
            lower.copy_from_slice(text.as_bytes());
            lower.make_ascii_lowercase();
            if let Ok(lower) = std::str::from_utf8(lower) {
                return Self(Arc::from(lower));
            }
        }
        Self(Arc::from(text.to_ascii_lowercase()))
    }

    /// Takes a host name that came as bytes: labels of letters, digits, hyphens and underscores (RFC 1123 section 2.1),
    /// or `*` alone as the first one. `None` where it is not one.
    pub fn from_host(host: &[u8]) -> Option<Self> {
        let host = host.strip_suffix(b".").unwrap_or(host);
        let labels = host.strip_prefix(b"*.").unwrap_or(host);
        if host.len() > MAX_LEN || !labels.split(|&byte| byte == b'.').all(is_label) {
            return None;
        }
        std::str::from_utf8(host).ok().map(Self::from_text)
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

/// The longest host name as text (RFC 1035 section 2.3.4: 255 octets with the length bytes).
const MAX_LEN: usize = 253;

fn is_label(label: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.iter().all(is_letter)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_lower_cased_without_its_last_dot() {
        assert_eq!(Name::from_text("WWW.Example.").as_str(), "www.example");
        assert_eq!(Name::from_text(".").as_str(), "");
        let long = "A".repeat(300);
        assert_eq!(Name::from_text(&long).as_str(), long.to_lowercase());
        assert_eq!(Name::from_text("M\u{dc}.b").as_str(), "m\u{dc}.b");
    }

    #[test]
    fn host_has_labels_of_letters_digits_hyphens_and_underscores() {
        let host = |host: &[u8]| Name::from_host(host).map(|name| name.as_str().to_owned());
        for good in [
            "a",
            "a-1._tcp.example",
            "*.example",
            &["a"; 127].join("."),
            &"a".repeat(63),
        ] {
            assert_eq!(host(good.as_bytes()).as_deref(), Some(good));
        }
        assert_eq!(host(b"A.Example.").as_deref(), Some("a.example"));
        let long = [&["a"; 127].join("."), "."].concat() + "a";
        for bad in [
            "",
            ".",
            "a..b",
            ".a",
            "a.*.b",
            "*",
            "a b",
            "a\0",
            &long,
            &"a".repeat(64),
            "\u{fc}",
        ] {
            assert_eq!(host(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn label_cannot_pretend_to_be_two() {
        let labels: [&[u8]; 3] = [b"a.B", b"\\\x00\xff ", b"c"];
        assert_eq!(Name::from_labels(labels).as_str(), r"a\.b.\\\000\255\032.c");
    }
}
