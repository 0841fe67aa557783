//! Sessions by their numbers. A number is never used again, so that a stale one is told so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::BridgeError;
use crate::session::Session;

/// Ended sessions that are kept until somebody has taken their last events.
const ENDED_KEPT: usize = 4;

static SESSIONS: Mutex<Sessions> = Mutex::new(Sessions {
    last: 0,
    running: BTreeMap::new(),
    ended: BTreeMap::new(),
});

#[derive(Debug)]
struct Sessions {
    last: u64,
    running: BTreeMap<u64, Arc<Session>>,
    ended: BTreeMap<u64, Arc<Session>>,
}

/// Gives a session its number.
pub fn insert(session: Session) -> u64 {
    let mut sessions = lock();
    sessions.last += 1;
    let number = sessions.last;
    sessions.running.insert(number, Arc::new(session));
    number
}

/// The running session of this number.
pub fn get(number: u64) -> Result<Arc<Session>, BridgeError> {
    lock().running.get(&number).cloned().ok_or(BridgeError::Ended)
}

/// The session of this number, also one that has ended and whose last events were not taken yet.
pub fn get_told(number: u64) -> Option<Arc<Session>> {
    let sessions = lock();
    let session = sessions
        .running
        .get(&number)
        .or_else(|| sessions.ended.get(&number));
    session.cloned()
}

/// Ends a session. A number that no running session has is no error: it has ended.
pub fn stop(number: u64) {
    let mut sessions = lock();
    let Some(session) = sessions.running.remove(&number) else {
        return;
    };
    // Before it ends: whoever asks for events meanwhile has to find it.
    sessions.ended.insert(number, Arc::clone(&session));
    while sessions.ended.len() > ENDED_KEPT {
        sessions.ended.pop_first();
    }
    drop(sessions);
    session.stop();
}

/// Forgets a session whose end was told.
pub fn forget_told(number: u64) {
    let mut sessions = lock();
    let over = |session: &mut Arc<Session>| session.is_over();
    let ended = sessions.ended.get_mut(&number).is_some_and(over);
    let mut gone = ended.then(|| sessions.ended.remove(&number)).flatten();
    let over = |session: &mut Arc<Session>| session.is_over();
    if sessions.running.get_mut(&number).is_some_and(over) {
        gone = sessions.running.remove(&number);
    }
    drop(sessions);
    // Its thread has ended, so this waits for nothing; all the same not under the lock.
    drop(gone);
}

fn lock() -> MutexGuard<'static, Sessions> {
    // The maps are whole after each of their operations.
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}
