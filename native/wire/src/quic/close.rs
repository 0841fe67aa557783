//! QUIC's counterpart of a RST: an Initial packet of the server that closes the connection.

use super::frames::CONNECTION_CLOSE;
use super::header::{FIXED, LONG};
use super::{InitialKeys, LongHeader, Side};

/// The transport error with which a server refuses a connection (RFC 9000 section 20.1).
pub const CONNECTION_REFUSED: u8 = 0x02;

/// Emits the datagram with which a server refuses the connection that `initial` opens (RFC 9000 section 10.2.3); `None`
/// for a version that is not known.
///
/// Its keys are those of the server, derived from the client's own packet, so that a client takes it for the server's.
/// It elicits no acknowledgement and so is not padded (section 14.1).
pub fn emit_refusal(initial: &LongHeader<'_>) -> Option<Vec<u8>> {
    emit_refusal_of(initial, initial.dcid)
}

/// As [`emit_refusal`], where the connection was opened to another id than this packet's: its server has chosen one since,
/// and the keys stay (RFC 9001 section 5.2).
pub fn emit_refusal_of(initial: &LongHeader<'_>, opened_to: &[u8]) -> Option<Vec<u8>> {
    let keys = InitialKeys::new(initial.version, opened_to, Side::Server)?;
    // Error, no frame to blame, no words; room for the sample of the header's protection.
    let payload = [CONNECTION_CLOSE, CONNECTION_REFUSED, 0, 0];
    let len = 1 + payload.len() + 16;

    let mut header = Vec::with_capacity(64);
    header.push(LONG | FIXED | initial.version.initial_bits());
    header.extend_from_slice(&initial.version.0.to_be_bytes());
    for id in [initial.scid, initial.dcid] {
        header.push(id.len() as u8);
        header.extend_from_slice(id);
    }
    // No token; the length.
    header.extend_from_slice(&[0, len as u8]);
    Some(keys.seal(&header, 0, 1, &payload))
}
