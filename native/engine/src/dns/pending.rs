//! Questions that wait for an upstream answer: bounded, and one for equal questions.

use std::collections::{BTreeMap, HashMap};

use blocklist::Verdict;
use wire::Name;
use wire::dns::Query;

use super::{Asker, QUESTION_LIFETIME};
use crate::{AskId, Reason, Seen, Timestamp};

/// Waiting askers at most; on overflow the oldest question fails.
const MAX_WAITING: usize = 1_024;

/// Askers that share one question at most; the next one asks anew.
const MAX_SHARING: usize = 64;

/// A question that went upstream, with the verdict that let it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) query: Query,
    pub(super) verdict: Verdict,
    /// Whether apps differ on the name.
    pub(super) per_app: bool,
}

impl Question {
    /// Why it was allowed.
    pub(super) fn reason(&self) -> Reason {
        Reason {
            because: self.verdict.because,
            seen: Seen::Query,
            name: Some(self.query.name.clone()),
            ech: None,
        }
    }
}

/// One who waits for an answer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) asker: Asker,
    /// Header and question as he wrote them: id and case are his own. What follows is equal for all who share.
    pub(super) head: Box<[u8]>,
}

#[derive(Debug)]
struct Entry {
    question: Question,
    askers: Vec<Waiting>,
    key: Box<[u8]>,
    expires: Timestamp,
}

/// The open questions, oldest first.
#[derive(Debug)]
pub(super) struct Pending {
    /// Ids are given in order of time, and all questions live equally long: the first entry expires first.
    entries: BTreeMap<AskId, Entry>,
    by_key: HashMap<Box<[u8]>, AskId, ahash::RandomState>,
    waiting: usize,
    next: u64,
    /// Scratch space for a key.
    key: Vec<u8>,
}

impl Pending {
    pub(super) fn new(seed: u64) -> Self {
        let state = ahash::RandomState::with_seeds(seed, !seed, seed.rotate_left(32), 0);
        Self {
            entries: BTreeMap::new(),
            by_key: HashMap::with_hasher(state),
            waiting: 0,
            next: 0,
            key: Vec::new(),
        }
    }

    /// Adds one who waits for the answer to `message`. Returns the new question's id, if one must be asked, and the
    /// oldest question, if it had to make room.
    #[expect(clippy::type_complexity, reason = "two optional outcomes of one insertion")]
    pub(super) fn add(
        &mut self,
        message: &[u8],
        question: Question,
        waiting: Waiting,
        now: Timestamp,
    ) -> Option<(AskId, Option<(Question, Vec<Waiting>)>)> {
        self.write_key(message, &question.query, waiting.asker);
        if let Some(ask) = self.by_key.get(self.key.as_slice())
            && let Some(entry) = self.entries.get_mut(ask)
            && entry.askers.len() < MAX_SHARING
            && self.waiting < MAX_WAITING
        {
            // An app that repeats itself (same endpoint, same id) waits already.
            if !entry
                .askers
                .iter()
                .any(|one| one.asker == waiting.asker && one.head[..2] == waiting.head[..2])
            {
                entry.askers.push(waiting);
                self.waiting += 1;
            }
            return None;
        }
        let oldest = if self.waiting >= MAX_WAITING {
            self.pop_oldest()
        } else {
            None
        };
        let ask = AskId(self.next);
        self.next += 1;
        let key = Box::from(self.key.as_slice());
        self.by_key.insert(Box::clone(&key), ask);
        let expires = now + QUESTION_LIFETIME;
        self.entries.insert(
            ask,
            Entry {
                question,
                askers: vec![waiting],
                key,
                expires,
            },
        );
        self.waiting += 1;
        Some((ask, oldest))
    }

    /// What makes questions equal: all octets after the id (flags, question, EDNS), letters of the name in any case,
    /// and the transport, since only UDP answers are truncated.
    fn write_key(&mut self, message: &[u8], query: &Query, asker: Asker) {
        self.key.clear();
        self.key.push(u8::from(asker.is_tcp()));
        self.key.extend_from_slice(&message[2..]);
        // The key lacks the id's two octets and has one of its own. Lengths of labels (at most 63) are no letters.
        let name = query.question.start - 1..query.question.end - 5;
        if let Some(name) = self.key.get_mut(name) {
            name.make_ascii_lowercase();
        }
    }

    /// The name of an open question.
    pub(super) fn name_of(&self, ask: AskId) -> Option<&Name> {
        Some(&self.entries.get(&ask)?.question.query.name)
    }

    /// Takes a question out.
    pub(super) fn remove(&mut self, ask: AskId) -> Option<(Question, Vec<Waiting>)> {
        let entry = self.entries.remove(&ask)?;
        self.waiting -= entry.askers.len();
        if self.by_key.get(&entry.key) == Some(&ask) {
            self.by_key.remove(&entry.key);
        }
        Some((entry.question, entry.askers))
    }

    /// Takes the oldest question out.
    pub(super) fn pop_oldest(&mut self) -> Option<(Question, Vec<Waiting>)> {
        let (&oldest, _) = self.entries.first_key_value()?;
        self.remove(oldest)
    }

    /// Takes out a question that has waited too long.
    pub(super) fn pop_expired(&mut self, now: Timestamp) -> Option<(Question, Vec<Waiting>)> {
        self.next_expiry()
            .filter(|expires| *expires <= now)
            .and_then(|_| self.pop_oldest())
    }

    /// When the oldest question expires.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|(_, entry)| entry.expires)
    }
}
