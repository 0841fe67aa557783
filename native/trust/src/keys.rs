//! The public keys that lists are signed with, and their signatures.

use minisign_verify::{Error, PublicKey, Signature};

/// The key in use, and the one that comes after it, so that a lost key does not end the updates.
#[derive(Debug, Clone)]
pub struct Keys {
    current: PublicKey,
    next: Option<PublicKey>,
}

/// Which key made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signer {
    /// The key in use.
    Current,
    /// The key that comes after it.
    Next,
}

/// Why a text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a minisign public key; give the two lines of its .pub file, or the second of them")]
pub struct KeyError;

/// Why a signature was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The text is no signature.
    #[error("not a minisign signature, or cut off")]
    Malformed,
    /// A signature of the old kind, over the bytes instead of their hash.
    #[error("signed without prehashing; sign again with minisign 0.10 or newer")]
    Legacy,
    /// Another key made it.
    #[error("signed with another key than the current and the next one")]
    UnknownKey,
    /// The key is right and the bytes are not.
    #[error("the signature does not fit: the manifest or the signature was changed")]
    Mismatch,
}

impl Keys {
    /// Reads the public keys: each the text of a `.pub` file, or its line of base64 alone.
    pub fn parse(current: &str, next: Option<&str>) -> Result<Self, KeyError> {
        Ok(Self {
            current: key(current)?,
            next: next.map(key).transpose()?,
        })
    }

    /// Checks a signature over bytes, and says which key made it.
    pub(crate) fn verify(&self, bytes: &[u8], signature: &str) -> Result<Signer, SignatureError> {
        let signature = Signature::decode(signature).map_err(|_| SignatureError::Malformed)?;
        let keys = [
            (Some(&self.current), Signer::Current),
            (self.next.as_ref(), Signer::Next),
        ];
        let mut error = SignatureError::UnknownKey;
        for (key, signer) in keys {
            let Some(key) = key else { continue };
            match key.verify(bytes, &signature, false) {
                Ok(()) => return Ok(signer),
                Err(Error::UnexpectedKeyId) => {}
                Err(Error::UnexpectedAlgorithm | Error::UnsupportedLegacyMode) => {
                    return Err(SignatureError::Legacy);
                }
                // A key id is eight bytes that anyone may choose, so the other key is tried all the same.
                Err(_) => error = SignatureError::Mismatch,
            }
        }
        Err(error)
    }
}

fn key(text: &str) -> Result<PublicKey, KeyError> {
    let line = text.trim().lines().last().unwrap_or_default().trim();
    PublicKey::from_base64(line).map_err(|_| KeyError)
}
