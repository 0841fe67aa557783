//! What the tunnel tells other threads: a bounded queue that never makes the loop wait.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use blocklist::Action;
use engine::{Event, OwnerQuestion, Timestamp, Transport};

/// Notices that wait for a slow consumer; then the oldest go.
const QUEUE_LEN: usize = 4_096;

/// Something that another thread may want to know, or has to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Something happened in the engine.
    Event {
        /// What.
        event: Event,
        /// How often the rules had been replaced by then: rule ids are those of these rules.
        rules: u64,
    },
    /// The rules were replaced: so many times by now.
    RulesReplaced(u64),
    /// Which app owns this socket? Answer with [`Handle::owner`](crate::Handle::owner).
    WhoOwns {
        /// Names the question in the answer.
        question: OwnerQuestion,
        /// TCP or UDP.
        transport: Transport,
        /// The app's endpoint.
        app: SocketAddr,
        /// The far end.
        remote: SocketAddr,
    },
    /// The engine failed and was built anew: flows were lost, and nothing was filtered or forwarded meanwhile.
    Outage {
        /// When it began.
        at: Timestamp,
        /// How long it took.
        lasted: Duration,
        /// What the panic said. It may hold a name, so it is nothing for a log.
        text: String,
    },
    /// The process was frozen while apps went on asking: their packets were found when it woke up.
    Frozen {
        /// When it began, at the earliest.
        at: Timestamp,
        /// How long it was, at most; time in which the phone was suspended is not counted.
        lasted: Duration,
        /// How long it was, at least.
        at_least: Duration,
    },
    /// So many notices were dropped before the next, because nobody took them.
    Lost(u64),
}

/// Which verdicts become notices. What nobody shows wakes nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// None.
    Nothing,
    /// Refusals.
    Refusals,
    /// All.
    #[default]
    Everything,
}

/// The consumer's end of the notices.
#[derive(Debug)]
pub struct Events {
    shared: Arc<Shared>,
}

/// The tunnel's end: notices are staged, and handed over once a turn.
#[derive(Debug)]
pub(crate) struct Outlet {
    shared: Arc<Shared>,
    staged: Vec<Notice>,
    /// What of the events is staged.
    pub(crate) told: Told,
    /// How often the rules were replaced.
    pub(crate) rules: u64,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Notice>,
    lost: u64,
    /// What a sleeping consumer waits for. Only for that is waking it worth a system call.
    waiting: Waiting,
    closed: bool,
}

/// What a consumer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Waiting {
    #[default]
    Nothing,
    /// A question that must be answered at once.
    Question,
    Anything,
}

/// A queue's two ends.
pub(crate) fn queue() -> (Outlet, Events) {
    let shared = Arc::new(Shared::default());
    (
        Outlet {
            shared: Arc::clone(&shared),
            staged: Vec::new(),
            told: Told::Everything,
            rules: 0,
        },
        Events { shared },
    )
}

impl Notice {
    /// Whether somebody waits for the answer.
    const fn is_question(&self) -> bool {
        matches!(self, Self::WhoOwns { .. })
    }
}

impl Events {
    /// The next notice; waits for it. `None` when the tunnel has ended.
    pub fn next(&self) -> Option<Notice> {
        let mut batch = self.wait(1, None);
        batch.pop()
    }

    /// The next notice; waits `timeout` for it. `None` if none came: see [`Self::is_closed`].
    pub fn next_timeout(&self, timeout: Duration) -> Option<Notice> {
        let mut batch = self.wait(1, Some(timeout));
        batch.pop()
    }

    /// All notices that wait, oldest first; waits `timeout` for one.
    ///
    /// A consumer that pauses between two calls costs the loop fewer wake-ups.
    pub fn next_batch(&self, timeout: Duration) -> Vec<Notice> {
        self.wait(QUEUE_LEN + 1, Some(timeout))
    }

    /// The next notices, `most` of them at most, oldest first; waits for one, and after it for `pause` more, so that a
    /// busy tunnel wakes its consumer a few times a second and not at each. [`Notice::WhoOwns`] ends the pause at once.
    /// Empty when the tunnel has ended.
    pub fn next_paced(&self, most: usize, pause: Duration) -> Vec<Notice> {
        let mut state = self.shared.lock();
        while state.queue.is_empty() && !state.closed {
            state.waiting = Waiting::Anything;
            let woken = self.shared.arrived.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let deadline = Instant::now().checked_add(pause);
        while !state.closed && !state.queue.iter().any(Notice::is_question) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let Some(left) = left.filter(|left| !left.is_zero()) else {
                break;
            };
            state.waiting = Waiting::Question;
            let woken = self.shared.arrived.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting = Waiting::Nothing;
        state.take(most)
    }

    /// Whether the tunnel has ended. What it said before can still be taken.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    fn wait(&self, most: usize, timeout: Option<Duration>) -> Vec<Notice> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.shared.lock();
        while state.queue.is_empty() && !state.closed {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            state.waiting = Waiting::Anything;
            state = match left {
                None => self
                    .shared
                    .arrived
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let woken = self.shared.arrived.wait_timeout(state, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.waiting = Waiting::Nothing;
        state.take(most)
    }
}

impl Outlet {
    /// Keeps a notice for [`Self::flush`].
    pub(crate) fn stage(&mut self, notice: Notice) {
        self.staged.push(notice);
    }

    /// Keeps what the engine tells, as far as somebody wants to know.
    pub(crate) fn stage_event(&mut self, event: Event) {
        let wanted = match &event {
            Event::Verdict(verdict) => match self.told {
                Told::Nothing => false,
                Told::Refusals => verdict.action == Action::Block,
                Told::Everything => true,
            },
            // Kinds that are no verdicts are rare, and something follows from them.
            _ => true,
        };
        if wanted {
            let rules = self.rules;
            self.stage(Notice::Event { event, rules });
        }
    }

    /// Hands over what was staged; without a consumer it is dropped.
    pub(crate) fn flush(&mut self) {
        if self.staged.is_empty() {
            return;
        }
        if Arc::strong_count(&self.shared) == 1 {
            self.staged.clear();
            return;
        }
        let asks = self.staged.iter().any(Notice::is_question);
        let mut state = self.shared.lock();
        state.queue.extend(self.staged.drain(..));
        let excess = state.queue.len().saturating_sub(QUEUE_LEN);
        state.queue.drain(..excess);
        state.lost += excess as u64;
        if state.waiting == Waiting::Anything || (state.waiting == Waiting::Question && asks) {
            state.waiting = Waiting::Nothing;
            self.shared.arrived.notify_all();
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.flush();
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A queue is whole after each of its operations, so a panic elsewhere is no reason to lose it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, most: usize) -> Vec<Notice> {
        if self.lost == 0 {
            return self.queue.drain(..most.min(self.queue.len())).collect();
        }
        let lost = Notice::Lost(std::mem::take(&mut self.lost));
        let rest = self.queue.drain(..(most - 1).min(self.queue.len()));
        std::iter::once(lost).chain(rest).collect()
    }
}

#[cfg(test)]
mod tests;
