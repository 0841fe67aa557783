//! One direction of a TCP connection, read for names: a hello, requests one after the other, or DNS messages.

use wire::dns::Query;
use wire::http::Request;
use wire::httpdns::Told;
use wire::tcp::SeqNumber;
use wire::{EchExtension, Name};

use crate::Seen;
use crate::inspect::{Assembler, Finding, Inspection, LIMIT, Next};

/// The longest DNS message over TCP with its length (RFC 1035 section 4.2.2).
const MAX_MESSAGE: usize = 2 + 0xffff;

/// A name that a client said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) name: Name,
    pub(super) seen: Seen,
    /// The encrypted_client_hello extension of the hello that said it.
    pub(super) ech: Option<EchExtension>,
}

/// What a stream said.
#[derive(Debug)]
pub(super) enum Found {
    /// A name.
    Name(Said),
    /// A request, with its path and query. Its name, where it has one, comes besides.
    Request(Option<Name>, Box<[u8]>),
    /// First bytes without a name.
    Nameless,
    /// A resolver's answer.
    Answer(Vec<u8>),
    /// Addresses, in the answer to a request.
    Told(Vec<Told>),
}

/// Who speaks, and on which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Who asks a resolver.
    Asker,
    /// A resolver.
    Resolver,
    /// Anybody else.
    Other,
}

/// What the bytes are read for.
#[derive(Debug, Default)]
enum State {
    /// No segment yet.
    #[default]
    Unseen,
    /// A hello, or a request.
    Message(Box<Inspection>),
    /// A request that comes after others, at the beginning of a segment: where the last one ended is not known.
    Resume(Box<Inspection>),
    /// DNS messages, each behind its length; the assembler begins at this offset.
    Messages(Box<Assembler>, u64, Speaker),
    /// Nothing: a server's stream, or one that says no more names.
    Closed,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Stream {
    state: State,
    /// The sequence number of offset 0.
    begin: i32,
    /// The furthest offset so far: sequence numbers, which wrap, are placed around it.
    furthest: i64,
}

impl Stream {
    /// A stream that is not read.
    pub(super) const fn closed() -> Self {
        Self {
            state: State::Closed,
            begin: 0,
            furthest: 0,
        }
    }

    /// Sets the beginning, at a SYN or else at the first segment.
    pub(super) fn begin(&mut self, seq: SeqNumber, speaker: Speaker) {
        if !matches!(self.state, State::Unseen) {
            return;
        }
        self.begin = seq.0;
        self.state = match speaker {
            Speaker::Other => State::Message(Box::default()),
            Speaker::Asker | Speaker::Resolver => {
                State::Messages(Box::new(Assembler::new(MAX_MESSAGE)), 0, speaker)
            }
        };
    }

    /// Bytes held for reassembly.
    pub(super) fn held(&self) -> usize {
        match &self.state {
            State::Message(inspection) | State::Resume(inspection) => inspection.held(),
            State::Messages(assembler, ..) => assembler.held(),
            State::Unseen | State::Closed => 0,
        }
    }

    /// Takes the bytes at `seq`; names that they complete go to `found`.
    pub(super) fn push(&mut self, seq: SeqNumber, bytes: &[u8], found: &mut Vec<Found>) {
        if matches!(self.state, State::Closed) {
            return;
        }
        let Some((offset, bytes)) = self.place(seq, bytes) else {
            return;
        };
        self.state = match std::mem::take(&mut self.state) {
            State::Message(mut inspection) => {
                if is_beyond_gap(&inspection, offset) && begins_request(bytes) {
                    inspection.reset(offset);
                }
                read_messages(inspection, offset, bytes, found)
            }
            State::Resume(mut inspection) if begins_request(bytes) => {
                inspection.reset(offset);
                read_messages(inspection, offset, bytes, found)
            }
            State::Messages(mut assembler, begin, speaker) => {
                if let Some(at) = offset.checked_sub(begin).and_then(|at| usize::try_from(at).ok()) {
                    assembler.insert(at, bytes);
                }
                let read = read_dns(&assembler, speaker, found);
                assembler.advance(read);
                State::Messages(assembler, begin + read as u64, speaker)
            }
            state => state,
        };
    }

    /// Where in the stream the bytes belong, without those that lie before its beginning, as a keep-alive's byte does.
    fn place<'a>(&mut self, seq: SeqNumber, bytes: &'a [u8]) -> Option<(u64, &'a [u8])> {
        // Sequence numbers count modulo 2^32 (RFC 9293 section 3.4): only the low half of the offset matters here.
        let expected = self.begin.wrapping_add(self.furthest as i32);
        let offset = self.furthest + i64::from(seq.0.wrapping_sub(expected));
        let before = usize::try_from(offset.saturating_neg().max(0)).ok()?;
        let bytes = bytes.get(before..).filter(|bytes| !bytes.is_empty())?;
        let offset = offset.max(0);
        self.furthest = self
            .furthest
            .max(offset.saturating_add_unsigned(bytes.len() as u64));
        Some((offset.unsigned_abs(), bytes))
    }
}

/// Whether the bytes at `offset` lie where the message that is waited for can no longer begin or end.
fn is_beyond_gap(inspection: &Inspection, offset: u64) -> bool {
    let begin = inspection.begin();
    offset > begin && (inspection.is_between() || inspection.held() == 0 || offset - begin >= LIMIT as u64)
}

/// Whether a segment begins with the first line of a request.
fn begins_request(segment: &[u8]) -> bool {
    segment.first().is_some_and(u8::is_ascii_uppercase) && Request::parse_cut_off(segment).is_some()
}

/// Reads as many messages as the bytes complete.
fn read_messages(
    mut inspection: Box<Inspection>,
    offset: u64,
    bytes: &[u8],
    found: &mut Vec<Found>,
) -> State {
    let mut first = inspection.begin() == 0;
    loop {
        let finding = inspection.push(offset, bytes);
        if let Some(target) = inspection.take_target() {
            let host = match &finding {
                Finding::Name(name, _) => Some(name.clone()),
                _ => None,
            };
            found.push(Found::Request(host, target));
        }
        match finding {
            Finding::NeedMore => return State::Message(inspection),
            // What a proxy is asked for is said again behind it, if it is a name that a server hears.
            Finding::Name(..) if inspection.is_for_proxy() => {}
            Finding::Name(name, seen) => found.push(Found::Name(Said {
                name,
                seen,
                ech: inspection.ech(),
            })),
            // What is no request where one was expected: a protocol that was agreed upon, or a body of another length.
            Finding::Undecidable(_) if inspection.next() == Next::Never && !first => {
                return State::Resume(inspection);
            }
            Finding::Undecidable(_) if first => found.push(Found::Nameless),
            Finding::Undecidable(_) => {}
        }
        if !inspection.advance() {
            return State::Closed;
        }
        first = false;
    }
}

/// Reads the complete DNS messages at the beginning, and says how many bytes they are.
fn read_dns(assembler: &Assembler, speaker: Speaker, found: &mut Vec<Found>) -> usize {
    let stream = assembler.prefix();
    let mut read = 0;
    while let Some((len, rest)) = stream.get(read..).and_then(<[u8]>::split_first_chunk) {
        let len = usize::from(u16::from_be_bytes(*len));
        let Some(message) = rest.get(..len) else {
            break;
        };
        if speaker == Speaker::Resolver {
            found.push(Found::Answer(message.to_vec()));
        } else if let Ok(name) = Query::asked_name(message) {
            found.push(Found::Name(Said {
                name,
                seen: Seen::Query,
                ech: None,
            }));
        }
        read += 2 + len;
    }
    read
}
