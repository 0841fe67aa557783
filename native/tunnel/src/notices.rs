//! What the tunnel tells other threads: a bounded queue that never makes the loop wait.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::{Event, FlowId, Timestamp};

/// Notices that wait for a slow consumer; then the oldest go.
const QUEUE_LEN: usize = 4_096;

/// Something that another thread may want to know, or has to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Something happened in the engine.
    Event(Event),
    /// Which app owns this flow? Answer with [`Handle::owner`](crate::Handle::owner).
    WhoOwns {
        /// The flow.
        flow: FlowId,
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
    },
    /// So many notices were dropped before the next, because nobody took them.
    Lost(u64),
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
    /// A consumer sleeps. Only then is waking it worth a system call.
    waiting: bool,
    closed: bool,
}

/// A queue's two ends.
pub(crate) fn queue() -> (Outlet, Events) {
    let shared = Arc::new(Shared::default());
    (
        Outlet {
            shared: Arc::clone(&shared),
            staged: Vec::new(),
        },
        Events { shared },
    )
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
            state.waiting = true;
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
        state.waiting = false;
        state.take(most)
    }
}

impl Outlet {
    /// Keeps a notice for [`Self::flush`].
    pub(crate) fn stage(&mut self, notice: Notice) {
        self.staged.push(notice);
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
        let mut state = self.shared.lock();
        state.queue.extend(self.staged.drain(..));
        let excess = state.queue.len().saturating_sub(QUEUE_LEN);
        state.queue.drain(..excess);
        state.lost += excess as u64;
        if state.waiting {
            state.waiting = false;
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
mod tests {
    use std::time::Duration;

    use engine::Timestamp;

    use super::{Notice, QUEUE_LEN, queue};

    fn outage(number: u64) -> Notice {
        Notice::Outage {
            at: Timestamp::from_micros(number),
            lasted: Duration::ZERO,
        }
    }

    #[test]
    fn notices_arrive_in_order_once_they_are_flushed() {
        let (mut outlet, events) = queue();
        outlet.stage(outage(1));
        outlet.stage(outage(2));
        assert_eq!(events.next_timeout(Duration::ZERO), None);
        outlet.flush();
        assert_eq!(events.next(), Some(outage(1)));
        assert_eq!(events.next_batch(Duration::ZERO), vec![outage(2)]);
    }

    #[test]
    fn slow_consumer_loses_the_oldest_and_is_told_how_many() {
        let (mut outlet, events) = queue();
        for number in 0..QUEUE_LEN as u64 + 3 {
            outlet.stage(outage(number));
        }
        outlet.flush();
        assert_eq!(events.next(), Some(Notice::Lost(3)));
        assert_eq!(events.next(), Some(outage(3)));
        assert_eq!(events.next_batch(Duration::ZERO).len(), QUEUE_LEN - 1);
    }

    #[test]
    fn sleeping_consumer_is_woken_and_learns_of_the_end() {
        let (mut outlet, events) = queue();
        let consumer = std::thread::spawn(move || {
            let first = events.next();
            (first, events.next(), events.is_closed())
        });
        outlet.stage(outage(7));
        outlet.flush();
        drop(outlet);
        assert_eq!(consumer.join().unwrap(), (Some(outage(7)), None, true));
    }

    #[test]
    fn without_a_consumer_nothing_is_kept() {
        let (mut outlet, events) = queue();
        drop(events);
        outlet.stage(outage(1));
        outlet.flush();
        assert!(outlet.staged.is_empty());
        assert!(outlet.shared.lock().queue.is_empty());
    }
}
