//! The open questions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rand_chacha::rand_core::Rng;

use super::SocketId;
use super::question::mix_case;
use crate::{AskId, Timestamp};

/// One open question.
#[derive(Debug)]
pub(super) struct Ask {
    /// As the app wrote it.
    message: Vec<u8>,
    /// Where its question lies.
    pub(super) question: Range<usize>,
    /// Whether the app asked over TCP.
    pub(super) tcp: bool,
    /// The resolver of the first attempt.
    pub(super) first_server: usize,
    /// Attempts that failed.
    pub(super) tries: usize,
    /// Whether one of them got no answer: then the resolver that gives one is to be preferred.
    pub(super) was_silent: bool,
    /// What a resolver said that would not answer, with id and case restored.
    pub(super) refusal: Option<Vec<u8>>,
    /// Attempts that an answer which fits nothing has spoilt.
    pub(super) misfits: u8,
    /// The socket of the last attempt, and when that has failed.
    on: Option<(SocketId, Timestamp)>,
}

impl Ask {
    pub(super) const fn new(
        message: Vec<u8>,
        question: Range<usize>,
        tcp: bool,
        first_server: usize,
    ) -> Self {
        Self {
            message,
            question,
            tcp,
            first_server,
            tries: 0,
            was_silent: false,
            refusal: None,
            misfits: 0,
            on: None,
        }
    }

    /// The message for one attempt.
    pub(super) fn emit(&self, id: u16, mixes: bool, rng: &mut impl Rng) -> Vec<u8> {
        let mut message = self.message.clone();
        message[..2].copy_from_slice(&id.to_be_bytes());
        if mixes {
            mix_case(&mut message[self.question.clone()], rng);
        }
        message
    }

    /// Gives an answer, whose question was matched, the id and the letters that the app wrote.
    pub(super) fn restore(&self, answer: &mut [u8]) {
        answer[..2].copy_from_slice(&self.message[..2]);
        answer[self.question.clone()].copy_from_slice(&self.message[self.question.clone()]);
    }
}

/// All open questions and their deadlines.
#[derive(Debug, Default)]
pub(super) struct Asks {
    asks: BTreeMap<AskId, Ask>,
    deadlines: BTreeSet<(Timestamp, AskId)>,
}

impl Asks {
    pub(super) fn len(&self) -> usize {
        self.asks.len()
    }

    pub(super) fn insert(&mut self, id: AskId, ask: Ask) {
        self.remove(id);
        self.asks.insert(id, ask);
    }

    pub(super) fn get_mut(&mut self, id: AskId) -> Option<&mut Ask> {
        self.asks.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: AskId) -> Option<Ask> {
        let ask = self.asks.remove(&id)?;
        if let Some((_, deadline)) = ask.on {
            self.deadlines.remove(&(deadline, id));
        }
        Some(ask)
    }

    /// Says where the last attempt waits, and how long.
    pub(super) fn set_on(&mut self, id: AskId, socket: SocketId, deadline: Timestamp) {
        let Some(ask) = self.asks.get_mut(&id) else { return };
        if let Some((_, old)) = ask.on.replace((socket, deadline)) {
            self.deadlines.remove(&(old, id));
        }
        self.deadlines.insert((deadline, id));
    }

    /// Whether the question is open and its last attempt waits on `socket`.
    pub(super) fn is_on(&self, id: AskId, socket: SocketId) -> bool {
        self.asks
            .get(&id)
            .and_then(|ask| ask.on)
            .is_some_and(|(on, _)| on == socket)
    }

    /// A question whose last attempt has failed by now.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<AskId> {
        let &(deadline, id) = self.deadlines.first()?;
        if deadline > now {
            return None;
        }
        self.deadlines.pop_first();
        if let Some(ask) = self.asks.get_mut(&id) {
            ask.on = None;
        }
        Some(id)
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Makes all questions as if they had never been asked, and names them.
    pub(super) fn restart(&mut self) -> Vec<AskId> {
        self.deadlines.clear();
        for ask in self.asks.values_mut() {
            *ask = Ask::new(std::mem::take(&mut ask.message), ask.question.clone(), ask.tcp, 0);
        }
        self.asks.keys().copied().collect()
    }
}
