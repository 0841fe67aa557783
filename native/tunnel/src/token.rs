//! Which source of readiness an epoll event names.

use mio::Token;

/// A source of readiness.
///
/// Indexes carry no generation: sockets are opened and closed only while outputs are performed, after every event of
/// the turn has been passed in, so an event of this turn always means the socket that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The TUN.
    Device,
    /// Another thread left a command.
    Waker,
    /// The stream socket of the flow with this index.
    Stream(u32),
    /// The datagram socket for IPv4 of the mapping with this index.
    DatagramV4(u32),
    /// The datagram socket for IPv6 of the mapping with this index.
    DatagramV6(u32),
    /// The ping socket with this index.
    Echo(u32),
    /// The DNS socket with this index.
    Dns(u32),
}

/// Bits of a token that say the kind.
const KIND_BITS: u32 = 3;

impl Source {
    /// The token to register the source with. Indexes stay below 2^29, also where a token has 32 bits.
    pub(crate) const fn token(self) -> Token {
        let (kind, index) = match self {
            Self::Device => (0, 0),
            Self::Waker => (0, 1),
            Self::Stream(index) => (1, index),
            Self::DatagramV4(index) => (2, index),
            Self::DatagramV6(index) => (3, index),
            Self::Echo(index) => (4, index),
            Self::Dns(index) => (5, index),
        };
        Token((index as usize) << KIND_BITS | kind)
    }

    /// The source that was registered with `token`.
    pub(crate) const fn of(token: Token) -> Option<Self> {
        let index = (token.0 >> KIND_BITS) as u32;
        Some(match (token.0 & ((1 << KIND_BITS) - 1), index) {
            (0, 0) => Self::Device,
            (0, 1) => Self::Waker,
            (1, index) => Self::Stream(index),
            (2, index) => Self::DatagramV4(index),
            (3, index) => Self::DatagramV6(index),
            (4, index) => Self::Echo(index),
            (5, index) => Self::Dns(index),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn every_source_comes_back_from_its_token() {
        let top = (1 << 29) - 1;
        let mut all = vec![Source::Device, Source::Waker];
        for index in [0, 1, 7, 8, top] {
            all.extend([
                Source::Stream(index),
                Source::DatagramV4(index),
                Source::DatagramV6(index),
                Source::Echo(index),
                Source::Dns(index),
            ]);
        }
        for source in all {
            assert_eq!(Source::of(source.token()), Some(source));
        }
        assert_eq!(Source::of(mio::Token(6)), None);
    }
}
