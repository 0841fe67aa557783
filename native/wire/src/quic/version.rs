//! Versions, and what differs between them.

use super::header::Kind;

/// A version as it stands in a long header (RFC 8999 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u32);

/// What a version takes its Initial keys from.
#[derive(Debug)]
pub(super) struct Derivation {
    pub(super) salt: [u8; 20],
    pub(super) key: &'static [u8],
    pub(super) iv: &'static [u8],
    pub(super) hp: &'static [u8],
}

/// RFC 9001 section 5.2; the drafts from 33 on already had its salt.
static V1: Derivation = Derivation {
    salt: [
        0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
        0xbb, 0x7f, 0x0a,
    ],
    key: b"quic key",
    iv: b"quic iv",
    hp: b"quic hp",
};

/// RFC 9369 sections 3.3.1 and 3.3.2.
static V2: Derivation = Derivation {
    salt: [
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
        0xbd, 0x2e, 0xd9,
    ],
    key: b"quicv2 key",
    iv: b"quicv2 iv",
    hp: b"quicv2 hp",
};

/// draft-ietf-quic-tls-29 to -32, section 5.2.
static DRAFT_29: Derivation = Derivation {
    salt: [
        0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
        0x90, 0xa8, 0x99,
    ],
    ..V1
};

/// draft-ietf-quic-tls-23 to -28, section 5.2.
static DRAFT_23: Derivation = Derivation {
    salt: [
        0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
        0xf9, 0xf5, 0x02,
    ],
    ..V1
};

/// draft-ietf-quic-tls-21 and -22, section 5.2: Facebook's first versions.
static DRAFT_21: Derivation = Derivation {
    salt: [
        0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a,
        0x02, 0x64, 0x4a,
    ],
    ..V1
};

/// Google's T050: TLS in QUIC's headers, with frames of its own.
static GOOGLE_T050: Derivation = Derivation {
    salt: [
        0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60,
        0x48, 0x83, 0x10,
    ],
    ..V1
};

/// Google's T051.
static GOOGLE_T051: Derivation = Derivation {
    salt: [
        0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda,
        0x6e, 0x03, 0x3d,
    ],
    ..V1
};

impl Version {
    /// What a Version Negotiation packet has (RFC 8999 section 6).
    pub const NEGOTIATION: Self = Self(0);
    /// QUIC version 1 (RFC 9000).
    pub const V1: Self = Self(0x0000_0001);
    /// QUIC version 2 (RFC 9369).
    pub const V2: Self = Self(0x6b33_43cf);

    /// The version of a draft of RFC 9000.
    pub const fn draft(number: u8) -> Self {
        Self(0xff00_0000 | number as u32)
    }

    /// Whether Initial packets of it can be read.
    pub fn is_readable(self) -> bool {
        self.derivation().is_some()
    }

    /// Whether it is reserved to make a server negotiate: 0x?a?a?a?a (RFC 9000 section 15).
    pub const fn is_greased(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    pub(super) fn derivation(self) -> Option<&'static Derivation> {
        match self {
            Self::V1 | Self(0xff00_0021..=0xff00_0022) => Some(&V1),
            Self::V2 => Some(&V2),
            Self(0xff00_001d..=0xff00_0020) => Some(&DRAFT_29),
            // Facebook's versions are drafts by another name.
            Self(0xff00_0017..=0xff00_001c | 0xface_b002 | 0xface_b00e) => Some(&DRAFT_23),
            Self(0xff00_0015..=0xff00_0016 | 0xface_b001) => Some(&DRAFT_21),
            Self(0x5430_3530) => Some(&GOOGLE_T050),
            Self(0x5430_3531) => Some(&GOOGLE_T051),
            Self(_) => None,
        }
    }

    /// Whether its frames are Google's: "T05" and a digit.
    pub(super) const fn has_google_frames(self) -> bool {
        self.0 >> 8 == 0x0054_3035
    }

    /// The packet type in the two bits of a long header (RFC 9000 section 17.2; rotated by RFC 9369 section 3.2).
    pub(super) const fn kind(self, first: u8) -> Kind {
        let bits = first >> 4 & 0x03;
        let bits = if self.0 == Self::V2.0 {
            bits.wrapping_sub(1) & 0x03
        } else {
            bits
        };
        match bits {
            0x00 => Kind::Initial,
            0x01 => Kind::ZeroRtt,
            0x02 => Kind::Handshake,
            _ => Kind::Retry,
        }
    }

    /// The two bits of an Initial packet.
    pub(super) const fn initial_bits(self) -> u8 {
        if self.0 == Self::V2.0 { 0x10 } else { 0x00 }
    }
}
