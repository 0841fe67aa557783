//! What a flow's first bytes say about its name.

use wire::http::{Body, Chunked, Request};
use wire::http2::{self, BlockHeader, Frames, Requests};
use wire::socks::Turn;
use wire::tls::{ClientHello, ServerName};
use wire::{EchExtension, Name, Parsed};

use super::Assembler;
use super::next::{Between, Next};
use super::room::{Room, Share};
use crate::Seen;

/// Bytes after which a flow without a complete hello is undecidable.
pub(crate) const LIMIT: usize = 16 * 1024;

/// In so many bytes a request's method has shown that it is one.
const METHOD: usize = 32;

/// In so many bytes a record has shown that it holds a ClientHello: its header and the message's type.
const HANDSHAKE: usize = 6;

/// How much of a request's path and query is kept: more than any that asks for addresses has before its parameters.
const MAX_TARGET: usize = 1024;

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Not enough bytes yet.
    NeedMore,
    /// A name, and where it stood.
    Name(Name, Seen),
    /// There is no name in these bytes, and there will be none.
    Undecidable(Undecidable),
}

impl Finding {
    /// What a whole hello says.
    pub(super) fn of_hello(server_name: ServerName, seen: Seen) -> Self {
        match server_name {
            ServerName::Dns(name) => Self::Name(name, seen),
            ServerName::Absent | ServerName::Invalid => Self::Undecidable(Undecidable::Nameless),
            ServerName::Ambiguous => Self::Undecidable(Undecidable::Ambiguous),
        }
    }
}

/// Why no name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Undecidable {
    /// Neither TLS nor HTTP.
    Unrecognised,
    /// A ClientHello without a (valid) server name, or a request without a host.
    Nameless,
    /// No name up to the limit, and no end.
    TooLong,
    /// A hello with two names, a request to two hosts, or a header block of HTTP/2 that no server can read.
    Ambiguous,
}

/// What the first bytes may still become, and how far they are read.
#[derive(Debug, Clone, Copy, Default)]
enum Progress {
    /// Either.
    #[default]
    Begin,
    /// A ClientHello that is not complete in fewer bytes than these.
    Hello(usize),
    /// A request's first line, without an end in this many bytes.
    Line(usize),
    /// A request's head past its first line, without an end in this many bytes.
    Head(usize),
    /// The preface of HTTP/2, which is there.
    Preface,
    /// A header block of HTTP/2.
    Block(BlockHeader),
    /// Nothing yet: they lie between two messages.
    Between(Between),
}

/// What is known of a connection that speaks HTTP/2.
#[derive(Debug, Default)]
struct Http2 {
    requests: Requests,
    /// The host that was asked last.
    host: Option<Name>,
}

/// Reads the first bytes of one flow.
#[derive(Debug)]
pub(crate) struct Inspection {
    assembler: Assembler,
    progress: Progress,
    /// Where in the stream the message begins.
    begin: u64,
    next: Next,
    /// Path and query of the last request, until they are taken.
    target: Option<Box<[u8]>>,
    /// Whether the stream is a SOCKS proxy's so far.
    socks: bool,
    /// Whether the name that was read was said to a proxy.
    for_proxy: bool,
    /// Of the connection, once it speaks HTTP/2.
    http2: Option<Box<Http2>>,
    /// Of the hello that was read.
    ech: Option<EchExtension>,
    share: Share,
}

impl Default for Inspection {
    fn default() -> Self {
        Self {
            assembler: Assembler::new(LIMIT),
            progress: Progress::Begin,
            begin: 0,
            next: Next::Never,
            target: None,
            socks: false,
            for_proxy: false,
            http2: None,
            ech: None,
            share: Share::default(),
        }
    }
}

impl Inspection {
    /// Takes bytes at `offset` of the stream (first arrival wins) and says what is known.
    ///
    /// A hello that lies whole in the first slice is read where it lies.
    pub(crate) fn push(&mut self, offset: u64, bytes: &[u8]) -> Finding {
        let finding = self.push_message(offset, bytes);
        if !matches!(self.progress, Progress::Preface) {
            return finding;
        }
        self.http2 = Some(Box::default());
        self.reset(self.begin + http2::PREFACE.len() as u64);
        self.progress = Progress::Between(Between::Frames(Frames::default()));
        self.push_message(offset, bytes)
    }

    fn push_message(&mut self, offset: u64, bytes: &[u8]) -> Finding {
        if let Progress::Between(between) = self.progress
            && !self.has_passed(between, offset, bytes)
        {
            return Finding::NeedMore;
        }
        let (offset, bytes) = self.place(offset, bytes);
        if offset == 0 && self.assembler.is_empty() {
            let finding = self.read(bytes);
            if finding == Finding::NeedMore {
                self.assembler.insert(0, bytes);
            }
            return finding;
        }
        self.assembler.insert(offset, bytes);
        let assembler = std::mem::replace(&mut self.assembler, Assembler::new(LIMIT));
        let finding = self.read(assembler.prefix());
        self.assembler = assembler;
        finding
    }

    /// Where behind the beginning the bytes belong, without those before it, which were read already.
    fn place<'a>(&self, offset: u64, bytes: &'a [u8]) -> (usize, &'a [u8]) {
        let before = usize::try_from(self.begin.saturating_sub(offset)).unwrap_or(usize::MAX);
        let offset = usize::try_from(offset.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        (offset, bytes.get(before..).unwrap_or_default())
    }

    /// Follows what is between as far as it has arrived; true if it ends there.
    fn has_passed(&mut self, mut between: Between, offset: u64, bytes: &[u8]) -> bool {
        loop {
            let (at, rest) = self.place(offset, bytes);
            self.assembler.insert(at, rest);
            let prefix = self.assembler.prefix();
            let end = between.push(prefix);
            let len = end.unwrap_or(prefix.len());
            let offset = self.begin + len as u64;
            if end.is_some() {
                self.resume(between.next(offset), offset);
                return true;
            }
            self.reset(offset);
            self.progress = Progress::Between(between);
            if len == 0 {
                return false;
            }
        }
    }

    /// What the bytes so far say if none follows. `None` for a hello without its end: it may hold a name all the same.
    pub(crate) fn cut_off(&self) -> Option<Finding> {
        if matches!(self.progress, Progress::Hello(_)) && self.is_certain() {
            return None;
        }
        let request = Request::parse_cut_off(self.assembler.prefix());
        Some(request.map_or(Finding::Undecidable(Undecidable::Unrecognised), host_of))
    }

    /// Goes on with the message that begins at `offset` of the stream; what has arrived of it is kept.
    pub(crate) fn reset(&mut self, offset: u64) {
        match offset
            .checked_sub(self.begin)
            .and_then(|read| usize::try_from(read).ok())
        {
            Some(read) => self.assembler.advance(read),
            None => self.assembler.clear(),
        }
        (self.progress, self.begin, self.next) = (Progress::Begin, offset, Next::Never);
        self.for_proxy = false;
    }

    /// Goes on with the next message, which begins at `offset` of the stream.
    pub(crate) fn resume(&mut self, next: Next, offset: u64) {
        self.reset(offset);
        if let Next::Block(_, header) = next {
            self.progress = Progress::Block(header);
        }
    }

    /// Gives back the message that was read; what has arrived behind it is kept.
    pub(crate) fn forget_read(&mut self) {
        if let Next::At(offset) | Next::Behind(offset, _) = self.next {
            self.reset(offset);
        }
    }

    /// Goes on behind the message that was read; false if nothing that could be read follows it.
    pub(crate) fn advance(&mut self) -> bool {
        match self.next {
            next @ (Next::At(offset) | Next::Block(offset, _)) => self.resume(next, offset),
            Next::Behind(offset, between) => {
                self.reset(offset);
                self.progress = Progress::Between(between);
            }
            Next::Never => return false,
        }
        true
    }

    /// Whether it is between two messages, and where the next one begins is still to be found.
    pub(crate) const fn is_between(&self) -> bool {
        matches!(self.progress, Progress::Between(_))
    }

    /// Where in the stream the message begins.
    pub(crate) const fn begin(&self) -> u64 {
        self.begin
    }

    /// Whether the bytes so far are those of a hello or a request, and not just the same first letters.
    pub(crate) fn is_certain(&self) -> bool {
        match self.progress {
            Progress::Begin | Progress::Between(_) => false,
            Progress::Hello(_) => self.assembler.prefix().len() >= HANDSHAKE,
            Progress::Line(_) | Progress::Head(_) | Progress::Preface | Progress::Block(_) => true,
        }
    }

    /// Where the next message begins, after a finding.
    pub(crate) const fn next(&self) -> Next {
        self.next
    }

    /// Path and query of the request that was read, once.
    pub(crate) const fn take_target(&mut self) -> Option<Box<[u8]>> {
        self.target.take()
    }

    /// The encrypted_client_hello extension of the hello that was read.
    pub(crate) const fn ech(&self) -> Option<EchExtension> {
        self.ech
    }

    /// Bytes held until the message is complete.
    pub(crate) const fn held(&self) -> usize {
        self.assembler.held()
    }

    /// Bytes that it takes of the room of all readers.
    pub(crate) const fn share(&self) -> usize {
        self.share.bytes()
    }

    /// Takes its share of the room for what it holds.
    pub(crate) fn take_share(&mut self, room: &Room) {
        let tables = self.http2.as_ref().map_or(0, |http2| http2.requests.held());
        self.share.take(room, self.assembler.allocated() + tables);
    }

    fn read(&mut self, stream: &[u8]) -> Finding {
        match self.progress {
            Progress::Begin | Progress::Between(_) | Progress::Preface => self.opening(stream),
            Progress::Block(header) => self.block(header, stream),
            Progress::Hello(least_len) if stream.len() < least_len => Finding::NeedMore,
            Progress::Hello(_) => self.hello(stream),
            Progress::Line(read) if !stream[read.min(stream.len())..].contains(&b'\n') => {
                self.progress = Progress::Line(stream.len());
                head_cut_off(stream)
            }
            Progress::Line(_) => self.request(stream),
            Progress::Head(read) if !Request::may_have_ended(stream, read) => {
                self.progress = Progress::Head(stream.len());
                head_cut_off(stream)
            }
            Progress::Head(_) => self.request(stream),
        }
    }

    fn opening(&mut self, stream: &[u8]) -> Finding {
        if stream.starts_with(http2::PREFACE) {
            self.progress = Progress::Preface;
            return Finding::NeedMore;
        }
        if !stream.is_empty() && http2::PREFACE.starts_with(stream) {
            return Finding::NeedMore;
        }
        if let Some(finding) = self.proxied(stream) {
            return finding;
        }
        match self.hello(stream) {
            Finding::Undecidable(Undecidable::Unrecognised) => self.request(stream),
            finding => finding,
        }
    }

    /// What a client says to a SOCKS proxy. None of it waits, as the proxy has to answer; the stream behind it is read.
    fn proxied(&mut self, stream: &[u8]) -> Option<Finding> {
        let parsed = if self.socks {
            Turn::parse_next(stream)
        } else if self.begin == 0 {
            Turn::parse_first(stream)
        } else {
            return None;
        };
        let turn = match parsed {
            Parsed::Complete(turn) => turn,
            Parsed::Incomplete if self.socks || !stream.is_empty() => return Some(Finding::NeedMore),
            Parsed::Incomplete | Parsed::Mismatch => return None,
        };
        self.socks = !turn.is_request;
        self.for_proxy = true;
        self.next = Next::At(self.begin.saturating_add(turn.len as u64));
        Some(match turn.host {
            Some(host) => Finding::Name(host, Seen::Host),
            None => Finding::Undecidable(Undecidable::Nameless),
        })
    }

    /// Whether the name that was read is what a proxy was asked for, and not what is said behind it.
    pub(crate) const fn is_for_proxy(&self) -> bool {
        self.for_proxy
    }

    fn hello(&mut self, stream: &[u8]) -> Finding {
        match ClientHello::parse(stream) {
            Parsed::Complete(hello) => {
                self.ech = hello.ech;
                Finding::of_hello(hello.server_name, Seen::Sni)
            }
            Parsed::Incomplete if stream.is_empty() => Finding::NeedMore,
            Parsed::Incomplete => {
                self.progress = Progress::Hello(ClientHello::least_len(stream).min(LIMIT));
                self.hello_cut_off(stream)
            }
            Parsed::Mismatch => Finding::Undecidable(Undecidable::Unrecognised),
        }
    }

    /// A hello without an end: at the limit its complete extensions have to do.
    fn hello_cut_off(&mut self, stream: &[u8]) -> Finding {
        if stream.len() < LIMIT {
            return Finding::NeedMore;
        }
        let hello = ClientHello::parse_cut_off(stream);
        self.ech = hello.as_ref().and_then(|hello| hello.ech);
        match hello.map(|hello| hello.server_name) {
            Some(ServerName::Dns(name)) => Finding::Name(name, Seen::Sni),
            _ => Finding::Undecidable(Undecidable::TooLong),
        }
    }

    fn request(&mut self, stream: &[u8]) -> Finding {
        match Request::parse(stream) {
            Parsed::Complete(request) => {
                let path = stream.get(request.path.clone()).unwrap_or_default();
                self.target = Some(path.get(..MAX_TARGET).unwrap_or(path).into());
                self.host(request)
            }
            Parsed::Incomplete => {
                if Request::parse_cut_off(stream).is_some() {
                    self.progress = Progress::Head(stream.len());
                } else if stream.len() > METHOD {
                    self.progress = Progress::Line(stream.len());
                }
                head_cut_off(stream)
            }
            Parsed::Mismatch => Finding::Undecidable(Undecidable::Unrecognised),
        }
    }

    /// A header block of HTTP/2. One without a host of its own (trailers) belongs to the request before.
    fn block(&mut self, mut header: BlockHeader, stream: &[u8]) -> Finding {
        let Some(http2) = &mut self.http2 else {
            return Finding::Undecidable(Undecidable::Unrecognised);
        };
        let block = match http2.requests.parse(&mut header, stream) {
            Parsed::Complete(block) => block,
            Parsed::Incomplete if stream.len() < LIMIT => {
                self.progress = Progress::Block(header);
                return Finding::NeedMore;
            }
            Parsed::Incomplete => return Finding::Undecidable(Undecidable::TooLong),
            Parsed::Mismatch => return Finding::Undecidable(Undecidable::Ambiguous),
        };
        let end = self.begin.saturating_add(block.len as u64);
        self.next = Next::Behind(end, Between::Frames(Frames::default()));
        if block.is_ambiguous {
            return Finding::Undecidable(Undecidable::Ambiguous);
        }
        if block.is_request {
            http2.host = block.host;
        }
        match &http2.host {
            Some(host) => Finding::Name(host.clone(), Seen::Host),
            None => Finding::Undecidable(Undecidable::Nameless),
        }
    }

    fn host(&mut self, request: Request) -> Finding {
        let end = self.begin.saturating_add(request.head_len as u64);
        self.next = match request.body {
            Body::Length(len) => Next::At(end.saturating_add(len)),
            Body::Chunked => Next::Behind(end, Between::Chunks(Chunked::default())),
            // What the far end of a tunnel hears first may be another request, or a hello.
            Body::Tunnel => Next::At(end),
        };
        host_of(request)
    }
}

fn host_of(request: Request) -> Finding {
    match request.host {
        _ if request.is_ambiguous => Finding::Undecidable(Undecidable::Ambiguous),
        Some(host) => Finding::Name(host, Seen::Host),
        None => Finding::Undecidable(Undecidable::Nameless),
    }
}

/// A request's head without an end: at the limit its complete lines have to do.
fn head_cut_off(stream: &[u8]) -> Finding {
    if stream.len() < LIMIT {
        return Finding::NeedMore;
    }
    match Request::parse_cut_off(stream).map(host_of) {
        None | Some(Finding::Undecidable(Undecidable::Nameless)) => {
            Finding::Undecidable(Undecidable::TooLong)
        }
        Some(finding) => finding,
    }
}

#[cfg(test)]
mod tests;
