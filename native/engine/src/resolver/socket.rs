//! The sockets towards the resolvers, and what was asked on each.

use std::time::Duration;

use rand_chacha::rand_core::Rng;
use wire::dns;

use super::MAX_SERVERS;
use super::question::is_mixed;
use crate::{AskId, Timestamp};

/// Datagram sockets per resolver that take questions.
const MAX_ACTIVE: usize = 8;

/// Datagram sockets per resolver, with those that only wait for their last answers.
const MAX_PER_SERVER: usize = 2 * MAX_ACTIVE;

/// Sockets at most: every [`SocketId::index`] is below this.
pub const MAX_SOCKETS: usize = MAX_SERVERS * (MAX_PER_SERVER + 1);

/// Questions after which a datagram socket takes no more: its port has been seen often enough.
const MAX_QUESTIONS: u32 = 100;

/// Open questions on each socket before another one is opened.
const CROWD: usize = 8;

/// How long a socket may lie idle.
const IDLE: Duration = Duration::from_secs(10);

/// Names a socket. An index says where; a generation says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId {
    /// A small number, reused, below [`MAX_SOCKETS`].
    pub index: u32,
    /// Counts the reuses of the index.
    pub generation: u32,
}

/// One question as it went out.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: u16,
    pub(super) ask: AskId,
    /// Name, type and class, in the case that was sent.
    pub(super) question: Box<[u8]>,
}

impl Sent {
    /// Whether a change of case would show.
    pub(super) fn is_mixed(&self) -> bool {
        is_mixed(&self.question)
    }
}

/// One socket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) server: usize,
    pub(super) is_tcp: bool,
    /// Unanswered questions, given up or not: a late answer is no misfit.
    pub(super) sent: Vec<Sent>,
    asked: u32,
    used: Timestamp,
}

impl Socket {
    /// Whether it takes no more questions.
    pub(super) const fn is_spent(&self) -> bool {
        !self.is_tcp && self.asked >= MAX_QUESTIONS
    }

    /// Whether no answer is waited for.
    pub(super) const fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// An id that no other question on this socket has.
    pub(super) fn unused_id(&self, rng: &mut impl Rng) -> u16 {
        loop {
            let id = rng.next_u32() as u16;
            if !self.sent.iter().any(|sent| sent.id == id) {
                return id;
            }
        }
    }

    pub(super) fn push(&mut self, sent: Sent) {
        self.asked = self.asked.saturating_add(1);
        self.sent.push(sent);
    }

    /// Takes out the question that `message` answers, by id and question; letters in any case.
    pub(super) fn take_sent(&mut self, message: &[u8]) -> Option<Sent> {
        let id = u16::from_be_bytes(*message.first_chunk()?);
        let at = self
            .sent
            .iter()
            .position(|sent| sent.id == id && dns::matches_question(message, &sent.question))?;
        Some(self.sent.swap_remove(at))
    }

    /// Takes out the question with the id of `message`, whatever that says.
    pub(super) fn take_sent_by_id(&mut self, message: &[u8]) -> Option<Sent> {
        let id = u16::from_be_bytes(*message.first_chunk()?);
        let at = self.sent.iter().position(|sent| sent.id == id)?;
        Some(self.sent.swap_remove(at))
    }

    /// Takes a question back in.
    pub(super) fn put_back(&mut self, sent: Sent) {
        self.sent.push(sent);
    }
}

/// All sockets.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    slots: Vec<Slot>,
    /// When to look for idle ones. Use of a socket does not move it: a wake-up finds the next.
    look: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    socket: Option<Socket>,
}

impl Sockets {
    pub(super) fn get(&self, id: SocketId) -> Option<&Socket> {
        let slot = self.slots.get(id.index as usize)?;
        slot.socket.as_ref().filter(|_| slot.generation == id.generation)
    }

    pub(super) fn get_mut(&mut self, id: SocketId) -> Option<&mut Socket> {
        let slot = self.slots.get_mut(id.index as usize)?;
        slot.socket.as_mut().filter(|_| slot.generation == id.generation)
    }

    pub(super) fn remove(&mut self, id: SocketId) -> Option<Socket> {
        self.get(id)?;
        let slot = self.slots.get_mut(id.index as usize)?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.socket.take()
    }

    /// Closes all; returns their names.
    pub(super) fn clear(&mut self) -> Vec<SocketId> {
        self.look = None;
        let open: Vec<_> = self.open().map(|(id, _)| id).collect();
        for id in &open {
            self.remove(*id);
        }
        open
    }

    fn open(&self) -> impl Iterator<Item = (SocketId, &Socket)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let id = SocketId {
                index: index as u32,
                generation: slot.generation,
            };
            slot.socket.as_ref().map(|socket| (id, socket))
        })
    }

    /// A socket for the next question to a resolver, and whether it is to be opened first.
    ///
    /// A random one of those that are not crowded; a new one if there is none and room for it; else the emptiest.
    pub(super) fn pick(
        &mut self,
        server: usize,
        is_tcp: bool,
        rng: &mut impl Rng,
        now: Timestamp,
    ) -> (SocketId, bool) {
        let of_server =
            |(_, socket): &(SocketId, &Socket)| socket.server == server && socket.is_tcp == is_tcp;
        let is_free = |socket: &Socket| is_tcp || !socket.is_spent() && socket.sent.len() < CROWD;
        let free = self
            .open()
            .filter(of_server)
            .filter(|(_, socket)| is_free(socket))
            .count();
        if free > 0 {
            let nth = if free > 1 {
                rng.next_u32() as usize % free
            } else {
                0
            };
            let picked = self
                .open()
                .filter(of_server)
                .filter(|(_, socket)| is_free(socket))
                .nth(nth);
            if let Some((id, _)) = picked {
                return (self.touch(id, now), false);
            }
        }
        let (mut all, mut active) = (0, 0);
        for (_, socket) in self.open().filter(of_server) {
            all += 1;
            active += usize::from(!socket.is_spent());
        }
        if active < MAX_ACTIVE && all < MAX_PER_SERVER {
            return (self.insert(server, is_tcp, now), true);
        }
        let emptiest = self
            .open()
            .filter(of_server)
            .min_by_key(|(_, socket)| (socket.is_spent(), socket.sent.len()));
        match emptiest.map(|(id, _)| id) {
            Some(id) => (self.touch(id, now), false),
            None => (self.insert(server, is_tcp, now), true),
        }
    }

    fn touch(&mut self, id: SocketId, now: Timestamp) -> SocketId {
        if let Some(socket) = self.get_mut(id) {
            socket.used = now;
        }
        id
    }

    fn insert(&mut self, server: usize, is_tcp: bool, now: Timestamp) -> SocketId {
        let index = self
            .slots
            .iter()
            .position(|slot| slot.socket.is_none())
            .unwrap_or(self.slots.len());
        if index == self.slots.len() {
            self.slots.push(Slot::default());
        }
        let slot = &mut self.slots[index];
        slot.socket = Some(Socket {
            server,
            is_tcp,
            sent: Vec::new(),
            asked: 0,
            used: now,
        });
        self.look.get_or_insert(now + IDLE);
        SocketId {
            index: index as u32,
            generation: slot.generation,
        }
    }

    /// Takes out a socket that has lain idle.
    pub(super) fn pop_idle(&mut self, now: Timestamp) -> Option<SocketId> {
        if self.look.is_none_or(|look| look > now) {
            return None;
        }
        let idle = self.open().map(|(id, socket)| (socket.used + IDLE, id)).min();
        self.look = idle.map(|(due, _)| due);
        let (_, id) = idle.filter(|(due, _)| *due <= now)?;
        self.remove(id);
        Some(id)
    }

    /// When to look for idle sockets.
    pub(super) const fn next_idle(&self) -> Option<Timestamp> {
        self.look
    }
}
