//! An upstream stream socket: two bounded buffers with a scripted server behind.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::time::Duration;

use engine::{Failure, FlowId, Pump, Timestamp};

use crate::clock::Dice;
use crate::script::{Heard, Pipe, Script, Speaker};

/// A server for streams.
#[derive(Debug, Clone)]
pub struct Host {
    /// What becomes of a dial; `None`: nothing, ever.
    pub answer: Option<Result<(), Failure>>,
    /// One way.
    pub latency: Duration,
    /// What the server does.
    pub script: Script,
    /// Bytes that wait for the server at most: what the socket takes.
    pub up_room: usize,
    /// Bytes that wait for the engine at most.
    pub down_room: usize,
    /// Bytes that one write moves at most.
    pub gulp: usize,
}

impl Host {
    /// A server behind 10 ms.
    pub const fn new(script: Script) -> Self {
        Self {
            answer: Some(Ok(())),
            latency: Duration::from_millis(10),
            script,
            up_room: 128 * 1024,
            down_room: 256 * 1024,
            gulp: usize::MAX,
        }
    }

    /// One that fails every dial.
    pub fn failing(failure: Failure) -> Self {
        Self {
            answer: Some(Err(failure)),
            ..Self::new(Script::default())
        }
    }

    /// One that never answers.
    pub fn silent() -> Self {
        Self {
            answer: None,
            ..Self::new(Script::default())
        }
    }

    /// With another latency.
    #[must_use]
    pub const fn behind(mut self, millis: u64) -> Self {
        self.latency = Duration::from_millis(millis);
        self
    }

    /// With small buffers and small gulps.
    #[must_use]
    pub const fn cramped(mut self, room: usize, gulp: usize) -> Self {
        self.up_room = room;
        self.down_room = room;
        self.gulp = gulp;
        self
    }
}

/// An upstream socket.
#[derive(Debug)]
pub struct Stream {
    /// Which flow's.
    pub flow: FlowId,
    /// Where to.
    pub to: SocketAddr,
    /// The server.
    pub speaker: Speaker,
    /// Whether the dial succeeded.
    pub open: bool,
    /// Whether the engine closed the socket, and whether with a RST.
    pub closed: Option<bool>,
    /// Whether the engine shut its direction down.
    pub shut: bool,
    pub(crate) host: Host,
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    server_finished: bool,
    server_reset: bool,
    /// The last write found no room: the socket owes a notice.
    pub(crate) owes_writable: bool,
    /// SO_RCVLOWAT: with less than this the socket does not say that it is readable.
    pub(crate) low_water: usize,
    dice: Dice,
}

impl Stream {
    pub(crate) fn new(flow: FlowId, to: SocketAddr, host: Host, seed: u64) -> Self {
        Self {
            flow,
            to,
            speaker: Speaker::new(host.script.clone()),
            open: false,
            closed: None,
            shut: false,
            host,
            up: VecDeque::new(),
            down: VecDeque::new(),
            server_finished: false,
            server_reset: false,
            owes_writable: false,
            low_water: 1,
            dice: Dice::new(seed),
        }
    }

    /// The engine writes.
    pub(crate) fn write(&mut self, pieces: &[IoSlice<'_>], mut log: impl FnMut(&[u8])) -> Pump {
        assert!(
            self.open && self.closed.is_none(),
            "a write to a socket that is not open"
        );
        assert!(!self.shut, "a write after the shutdown");
        assert!(pieces.iter().any(|piece| !piece.is_empty()), "a write of nothing");
        if self.server_reset {
            return Pump::Failed(Failure::Reset);
        }
        let mut room = self.host.up_room.saturating_sub(self.up.len()).min(self.gulp());
        let offered = pieces.iter().map(|piece| piece.len()).sum();
        let mut moved = 0;
        for piece in pieces {
            let n = piece.len().min(room);
            log(&piece[..n]);
            self.up.extend(&piece[..n]);
            (room, moved) = (room - n, moved + n);
        }
        // A short write found the buffer full (SOCK_NOSPACE): the edge comes when there is room again.
        self.owes_writable |= moved < offered;
        if moved == 0 {
            Pump::Full
        } else {
            Pump::Moved(moved)
        }
    }

    /// The engine reads.
    pub(crate) fn read(&mut self, pieces: &mut [IoSliceMut<'_>]) -> Pump {
        assert!(
            self.open && self.closed.is_none(),
            "a read from a socket that is not open"
        );
        assert!(
            pieces.iter().any(|piece| !piece.is_empty()),
            "a read into nothing"
        );
        // A short read has drained the socket, as Linux does it: so reads have no gulp.
        let mut left = self.down.len();
        let mut moved = 0;
        for piece in pieces {
            let n = piece.len().min(left);
            for (into, byte) in piece.iter_mut().zip(self.down.drain(..n)) {
                *into = byte;
            }
            (left, moved) = (left - n, moved + n);
        }
        match moved {
            0 if self.server_reset => Pump::Failed(Failure::Reset),
            0 if self.server_finished => Pump::Eof,
            0 => Pump::Full,
            n => Pump::Moved(n),
        }
    }

    fn gulp(&mut self) -> usize {
        match self.host.gulp {
            usize::MAX => usize::MAX,
            gulp => self.dice.between(1, gulp as u64) as usize,
        }
    }

    /// Whether a third of the send buffer is free, which is when Linux says "writable" (`sk_stream_write_space`).
    pub(crate) fn is_writable(&self) -> bool {
        self.up.len() * 3 <= self.host.up_room * 2
    }

    /// Whether the far end has finished or failed.
    pub(crate) const fn is_hung_up(&self) -> bool {
        self.server_finished || self.server_reset
    }

    /// Bytes that wait for the engine.
    pub(crate) fn waiting(&self) -> usize {
        self.down.len()
    }

    /// The server works; says when it wants another turn.
    pub(crate) fn turn(&mut self, now: Timestamp) -> Option<Timestamp> {
        if !self.open || self.speaker.reset {
            return None;
        }
        let mut end = ServerEnd {
            up: &mut self.up,
            down: &mut self.down,
            room: self.host.down_room,
            engine_finished: self.shut || self.closed == Some(false),
            engine_reset: self.closed == Some(true),
            finished: &mut self.server_finished,
            reset: &mut self.server_reset,
        };
        self.speaker.turn(now, &mut end)
    }
}

struct ServerEnd<'a> {
    up: &'a mut VecDeque<u8>,
    down: &'a mut VecDeque<u8>,
    room: usize,
    engine_finished: bool,
    engine_reset: bool,
    finished: &'a mut bool,
    reset: &'a mut bool,
}

impl Pipe for ServerEnd<'_> {
    fn say(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room.saturating_sub(self.down.len()));
        self.down.extend(&bytes[..n]);
        n
    }

    fn hear(&mut self, buffer: &mut [u8]) -> Heard {
        if self.engine_reset {
            return Heard::Reset;
        }
        let n = buffer.len().min(self.up.len());
        for (into, byte) in buffer.iter_mut().zip(self.up.drain(..n)) {
            *into = byte;
        }
        match n {
            0 if self.engine_finished => Heard::End,
            0 => Heard::Nothing,
            n => Heard::Bytes(n),
        }
    }

    fn finish(&mut self) {
        *self.finished = true;
    }

    fn reset(&mut self) {
        *self.reset = true;
    }
}
