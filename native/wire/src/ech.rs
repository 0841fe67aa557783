//! Encrypted ClientHello (RFC 9849): what a hello shows of it, and the configurations that servers publish in the DNS.

use crate::Name;

/// ExtensionType encrypted_client_hello (RFC 9849 section 11.1), and the version of its configurations (section 4).
pub(crate) const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
/// ECHClientHelloType outer (section 5).
const OUTER: u8 = 0;

/// The encrypted_client_hello extension of a hello, as far as anybody on the way can tell. GREASE (section 6.2) is made to
/// look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchExtension {
    /// It holds a hello, sealed for the configuration with this id.
    Outer {
        /// Chosen by the server; a random one in GREASE.
        config_id: u8,
    },
    /// Anything else under its number.
    Other,
}

impl EchExtension {
    /// Reads the extension's body.
    pub(crate) fn parse(body: &[u8]) -> Self {
        match *body {
            // The cipher suite: a function of derivation, and one of sealing.
            [OUTER, _, _, _, _, config_id, ..] => Self::Outer { config_id },
            _ => Self::Other,
        }
    }
}

/// A configuration that a server publishes (section 4): what its clients show instead of the name that they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EchConfig {
    /// Names it in a hello's extension.
    pub id: u8,
    /// The server name of the outer hello (section 6.1).
    pub public_name: Name,
}

impl EchConfig {
    /// Reads an ECHConfigList. Configurations of other versions are stepped over, and so are those whose public name is no
    /// host name, as clients do; nothing is read beyond a malformed one.
    pub fn parse_list(list: &[u8]) -> Vec<Self> {
        let mut configs = Vec::new();
        let Some((mut rest, [])) = vector(list) else {
            return configs;
        };
        while let Some((&[high, low], after)) = rest.split_first_chunk()
            && let Some((contents, after)) = vector(after)
        {
            if u16::from_be_bytes([high, low]) == ENCRYPTED_CLIENT_HELLO {
                configs.extend(Self::parse(contents));
            }
            rest = after;
        }
        configs
    }

    /// Reads ECHConfigContents of the version that is known here.
    fn parse(contents: &[u8]) -> Option<Self> {
        // The key's id and the id of its mechanism.
        let (&[id, _, _], rest) = contents.split_first_chunk()?;
        let (_public_key, rest) = vector(rest)?;
        let (_cipher_suites, rest) = vector(rest)?;
        let (&[_maximum_name_length, len], rest) = rest.split_first_chunk()?;
        let (name, _extensions) = rest.split_at_checked(len.into())?;
        let public_name = Name::from_host(name)?;
        Some(Self { id, public_name })
    }
}

/// A vector behind its length in two bytes, and what follows it.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[high, low], rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes([high, low]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of one configuration of the version that is known, with a public key of `key` bytes.
    fn list(id: u8, name: &str, key: usize) -> Vec<u8> {
        list_of(&[config(0xfe0d, id, name, key)])
    }

    fn list_of(configs: &[Vec<u8>]) -> Vec<u8> {
        let configs = configs.concat();
        [&(configs.len() as u16).to_be_bytes()[..], &configs].concat()
    }

    fn config(version: u16, id: u8, name: &str, key: usize) -> Vec<u8> {
        let contents = [
            &[id, 0, 0x20][..],
            &(key as u16).to_be_bytes(),
            &vec![7; key],
            &[0, 4, 0, 1, 0, 1, 0],
            &[name.len() as u8],
            name.as_bytes(),
            &[0, 0],
        ]
        .concat();
        let (version, len) = (version.to_be_bytes(), (contents.len() as u16).to_be_bytes());
        [&version[..], &len, &contents].concat()
    }

    fn read(list: &[u8]) -> Vec<(u8, String)> {
        let configs = EchConfig::parse_list(list).into_iter();
        configs
            .map(|config| (config.id, config.public_name.to_string()))
            .collect()
    }

    #[test]
    fn id_and_public_name_of_each_configuration_are_read() {
        assert_eq!(
            read(&list(0xbb, "Front.Example.", 32)),
            [(0xbb, "front.example".to_owned())]
        );
        let two = list_of(&[
            config(0xfe0d, 1, "a.example", 32),
            config(0xfe0d, 2, "b.example", 65),
        ]);
        assert_eq!(
            read(&two),
            [(1, "a.example".to_owned()), (2, "b.example".to_owned())]
        );
    }

    #[test]
    fn another_version_and_a_name_that_is_none_are_stepped_over() {
        let mixed = list_of(&[
            config(0xfe0a, 1, "old.example", 32),
            config(0xfe0d, 2, "no name", 32),
            config(0xfe0d, 3, "a.example", 32),
        ]);
        assert_eq!(read(&mixed), [(3, "a.example".to_owned())]);
    }

    #[test]
    fn a_list_that_is_cut_off_anywhere_is_none() {
        let whole = list(1, "a.example", 32);
        for len in 0..whole.len() {
            assert_eq!(read(&whole[..len]), [], "{len}");
        }
        let longer = [&whole[..], b"x"].concat();
        assert_eq!(read(&longer), [], "a byte too many");
    }

    #[test]
    fn flipped_bits_never_panic() {
        let mut list = list(1, "a.example", 32);
        for bit in 0..list.len() * 8 {
            list[bit / 8] ^= 1 << (bit % 8);
            let _ = EchConfig::parse_list(&list);
            list[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn an_extension_shows_the_id_of_its_configuration() {
        let outer = b"\0\0\x01\0\x01\x2a\0\x01e\0\x01p";
        assert_eq!(
            EchExtension::parse(outer),
            EchExtension::Outer { config_id: 0x2a }
        );
        for other in [&b""[..], b"\x01", b"\0\0\x01\0\x01", b"\x02\0\0\0\0\x2a"] {
            assert_eq!(EchExtension::parse(other), EchExtension::Other, "{other:?}");
        }
    }
}
