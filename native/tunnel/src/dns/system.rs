//! Questions that go through the system's resolver.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use engine::resolver::AskFailed;
use engine::{AskId, Timestamp};
use mio::unix::SourceFd;
use mio::{Interest, Registry};

use crate::system::{Asked, SystemResolver};
use crate::token::Source;

/// Questions under way at once; the system refuses more than 256 of an app.
const MAX_UNDER_WAY: usize = 128;

/// How long an answer is waited for. Apps have asked again by then.
const PATIENCE: Duration = Duration::from_secs(12);

/// A question of the engine.
#[derive(Debug)]
struct Question {
    ask: AskId,
    message: Vec<u8>,
    give_up_at: Timestamp,
}

/// The questions, by the index under which epoll knows their descriptors.
#[derive(Debug)]
pub(super) struct SystemAsks {
    resolver: Arc<SystemResolver>,
    network: u64,
    waiting: VecDeque<Question>,
    under_way: Vec<Option<(Question, RawFd)>>,
    answers: VecDeque<(AskId, Result<Vec<u8>, AskFailed>)>,
    /// Descriptors to be called off once epoll has forgotten them.
    off: Vec<RawFd>,
}

impl SystemAsks {
    pub(super) fn new(resolver: Arc<SystemResolver>, network: u64) -> Self {
        Self {
            resolver,
            network,
            waiting: VecDeque::new(),
            under_way: Vec::new(),
            answers: VecDeque::new(),
            off: Vec::new(),
        }
    }

    /// Another network: what is under way is asked again there.
    pub(super) fn set_network(&mut self, network: u64) {
        self.network = network;
        for (question, fd) in self.under_way.iter_mut().filter_map(Option::take) {
            self.off.push(fd);
            self.waiting.push_back(question);
        }
    }

    /// Takes a question. [`Self::perform`] asks it.
    pub(super) fn ask(&mut self, ask: AskId, message: Vec<u8>, now: Timestamp) {
        self.waiting.push_back(Question {
            ask,
            message,
            give_up_at: now + PATIENCE,
        });
    }

    /// The descriptor of this index can be read.
    pub(super) fn handle_event(&mut self, index: u32, buffer: &mut [u8]) {
        let slot = self.under_way.get_mut(index as usize);
        let Some((question, fd)) = slot.and_then(Option::take) else {
            return;
        };
        let answer = match self.resolver.asked(fd).answer(buffer) {
            // The system answers out of its cache too, with the id of whoever asked first.
            Ok(len) if len >= 2 && question.message.len() >= 2 => {
                let mut answer = buffer.get(..len).unwrap_or_default().to_vec();
                answer[..2].copy_from_slice(&question.message[..2]);
                Ok(answer)
            }
            _ => Err(AskFailed),
        };
        self.answers.push_back((question.ask, answer));
    }

    /// Gives up what has waited too long.
    pub(super) fn handle_timeout(&mut self, now: Timestamp) {
        for slot in &mut self.under_way {
            if let Some((question, fd)) = slot.take_if(|(question, _)| question.give_up_at <= now) {
                self.off.push(fd);
                self.answers.push_back((question.ask, Err(AskFailed)));
            }
        }
        while let Some(question) = self.waiting.pop_front_if(|question| question.give_up_at <= now) {
            self.answers.push_back((question.ask, Err(AskFailed)));
        }
    }

    /// Asks what waits, and calls off what nobody waits for.
    pub(super) fn perform(&mut self, registry: &Registry) {
        for fd in self.off.drain(..) {
            let asked = self.resolver.asked(fd);
            // Whether epoll knew it or not: it is closed next.
            let _ = registry.deregister(&mut SourceFd(&fd));
            drop(asked);
        }
        while let Some(index) = self.free() {
            let Some(question) = self.waiting.pop_front() else {
                return;
            };
            let asked = self.resolver.ask(self.network, &question.message);
            let kept = asked.and_then(|asked: Asked<'_>| {
                let token = Source::Dns(index as u32).token();
                registry.register(&mut SourceFd(&asked.as_raw_fd()), token, Interest::READABLE)?;
                Ok(asked.keep())
            });
            match kept {
                Ok(fd) => self.under_way[index] = Some((question, fd)),
                Err(_) => self.answers.push_back((question.ask, Err(AskFailed))),
            }
        }
    }

    /// The next answer.
    pub(super) fn poll_answer(&mut self) -> Option<(AskId, Result<Vec<u8>, AskFailed>)> {
        self.answers.pop_front()
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let under_way = self.under_way.iter().flatten().map(|(question, _)| question);
        let all = under_way.chain(self.waiting.front());
        all.map(|question| question.give_up_at).min()
    }

    /// An index without a question, if one more may be under way.
    fn free(&mut self) -> Option<usize> {
        let free = self.under_way.iter().position(Option::is_none);
        if free.is_none() && self.under_way.len() < MAX_UNDER_WAY {
            self.under_way.push(None);
            return Some(self.under_way.len() - 1);
        }
        free
    }
}

impl Drop for SystemAsks {
    fn drop(&mut self) {
        let under_way = self.under_way.drain(..).flatten().map(|(_, fd)| fd);
        for fd in under_way.chain(self.off.drain(..)) {
            drop(self.resolver.asked(fd));
        }
    }
}

#[cfg(test)]
mod tests;
