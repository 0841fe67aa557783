//! Refusals that wait for the name of the app that asked.
//!
//! Once an app is refused, its socket is gone, and with it whatever says whose it was. So the owner is asked for first, and
//! the refusal goes out with the answer: never later than [`OWNER_WAIT`], and never for anything that is let through.

use std::collections::VecDeque;

use blocklist::AppId;

use crate::outbox::Command;
use crate::owner::OWNER_WAIT;
use crate::{Event, Timestamp, VerdictEvent};

/// Refusals that wait at most; more go out at once, unnamed.
const MAX_WAITING: usize = 256;

/// The refusals that wait, in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    next: u32,
    waiting: VecDeque<Refusal>,
}

#[derive(Debug)]
struct Refusal {
    id: u32,
    until: Timestamp,
    event: VerdictEvent,
    /// What the app is told.
    rest: Vec<Command>,
}

impl Refusals {
    /// Whether one more may wait.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING
    }

    /// Keeps a refusal; gives its number.
    pub(crate) fn hold(&mut self, event: VerdictEvent, rest: Vec<Command>, now: Timestamp) -> u32 {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.waiting.push_back(Refusal {
            id,
            until: now + OWNER_WAIT,
            event,
            rest,
        });
        id
    }

    /// The owner of one is known, or will not be: what goes out now.
    pub(crate) fn answer(&mut self, id: u32, owner: Option<AppId>) -> Vec<Command> {
        let place = self.waiting.iter().position(|refusal| refusal.id == id);
        let refusal = place.and_then(|place| self.waiting.remove(place));
        refusal.map_or_else(Vec::new, |refusal| refusal.release(owner))
    }

    /// The next one that has waited long enough.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<Vec<Command>> {
        self.poll_timeout().filter(|until| *until <= now)?;
        Some(self.waiting.pop_front()?.release(None))
    }

    /// All that waits, without its events: they speak of rules that are gone.
    pub(crate) fn take_untold(&mut self) -> Vec<Command> {
        let waiting = self.waiting.drain(..);
        waiting.flat_map(|refusal| refusal.rest).collect()
    }

    /// When `pop_due` has something.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.waiting.front().map(|refusal| refusal.until)
    }
}

impl Refusal {
    fn release(mut self, owner: Option<AppId>) -> Vec<Command> {
        self.event.owner = owner;
        let mut commands = vec![Command::Event(Event::Verdict(self.event))];
        commands.append(&mut self.rest);
        commands
    }
}
