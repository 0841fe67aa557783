//! The loop.

use std::any::Any;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use engine::Timestamp;
use thiserror::Error;

use crate::apps;
use crate::clock;
use crate::device::{Device, Queue};
use crate::handle::{Command, Snapshot};
use crate::notices::Notice;
use crate::perform::Surroundings;
use crate::thaw::Moment;
use crate::token::Source;
use crate::tunnel::{StartError, Tunnel};

/// Names and addresses that a snapshot tells how often they were refused.
const ASKED_MOST: usize = 10;

/// Deadlines are met on this grid, so that those of many flows cost one wake-up. Two ticks of a usual kernel: its own
/// TCP timers are no finer.
const GRID: Duration = Duration::from_millis(8);

/// Batches read from a device that was replaced: its queue holds 500 packets.
const LAST_BATCHES: u8 = 16;

/// How exactly it is known when an app last spoke: each packet between is not looked at for it.
const SEEN_EVERY: Duration = Duration::from_secs(1);

/// Panics within [`PANIC_WINDOW`] after which the tunnel gives up: it would never get to forward anything.
const PANICS_AT_MOST: usize = 5;
/// See [`PANICS_AT_MOST`].
const PANIC_WINDOW: Duration = Duration::from_secs(60);

/// Why a running tunnel ended.
#[derive(Debug, Error)]
pub enum RunError {
    /// epoll failed.
    #[error("cannot wait for sockets")]
    Poll(#[source] io::Error),
    /// The TUN is gone.
    #[error("the TUN device is gone")]
    Device(#[source] io::Error),
    /// The engine panicked too often.
    #[error("the engine failed again and again")]
    Panics,
    /// The engine could not be built anew after a panic.
    #[error("the engine cannot be built anew")]
    Rebuild(#[source] StartError),
}

impl Tunnel {
    /// Runs until [`Handle::stop`](crate::Handle::stop), or until the device is gone.
    ///
    /// A panic of the engine costs its flows, not the session: engine and sockets are built anew on the same device.
    pub fn run(&mut self) -> Result<(), RunError> {
        let mut now = clock::now();
        while !self.stopping && !self.inbox.is_stopped() {
            self.wait(now)?;
            now = clock::now();
            match catch_unwind(AssertUnwindSafe(|| self.turn(now))) {
                Ok(outcome) => outcome?,
                Err(payload) => self.recover(now, panic_text(payload.as_ref()))?,
            }
        }
        Ok(())
    }

    /// Sleeps until something is to be done. `now` is the last turn's: the clock is read once a turn.
    fn wait(&mut self, now: Timestamp) -> Result<(), RunError> {
        let timeout = if self.device_ready || self.session.is_ready() {
            Some(Duration::ZERO)
        } else {
            self.session.poll_timeout().map(|due| on_grid(due, now))
        };
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(RunError::Poll(error)),
            _ => Ok(()),
        }
    }

    /// One turn, in the order that [`engine::Engine`] asks for.
    fn turn(&mut self, now: Timestamp) -> Result<(), RunError> {
        self.stats.turns += 1;
        if let Some(awake) = &self.settings.awake {
            awake(now);
        }
        self.batch.clear();
        self.session.handle_timeout(now);
        self.session.handle_ready(now);
        for event in &self.events {
            match Source::of(event.token()) {
                Some(Source::Device) => self.device_ready = true,
                // Commands are looked for in every turn: those that a panic left behind have no event.
                Some(Source::Waker) | None => {}
                Some(source) => self.session.handle_event(source, event, now),
            }
        }
        while let Some(command) = self.inbox.next() {
            self.handle_command(command, now)?;
        }
        self.read_device()?;
        let moment = Moment {
            now,
            awake: clock::awake(),
        };
        if let Some(frozen) = self.thaw.handle_batch(&self.batch, !self.device_ready, moment) {
            self.outlet.stage(frozen);
        }
        if !self.batch.is_empty() {
            if self.is_news(now) && apps::speak(&self.batch, &self.settings.config.own_resolvers) {
                self.stats.last_packet = Some(now);
            }
            self.session.engine.handle_batch(&self.batch, now);
        }
        let mut around = Surroundings {
            device: &self.device,
            registry: self.poll.registry(),
            outlet: &mut self.outlet,
            stats: &mut self.stats,
            now,
        };
        self.session.perform(&self.batch, &mut around);
        self.outlet.flush();
        Ok(())
    }

    /// Whether the last packet of an app is long enough ago for another to be looked for.
    fn is_news(&self, now: Timestamp) -> bool {
        let last = self.stats.last_packet;
        last.is_none_or(|last| now.since(last) >= SEEN_EVERY)
    }

    fn handle_command(&mut self, command: Command, now: Timestamp) -> Result<(), RunError> {
        match command {
            Command::Stop => self.stopping = true,
            Command::ReplaceRules(rules) => {
                self.settings.rules = Arc::clone(&rules);
                self.session.engine.replace_rules(rules, now);
                self.outlet.rules += 1;
                self.outlet.stage(Notice::RulesReplaced(self.outlet.rules));
            }
            Command::SetChoices(choices) => {
                // An engine that is built anew has them, too.
                self.settings.config.choose(choices);
                self.session.engine.set_choices(choices);
            }
            Command::SetUpstream(upstream) => {
                self.settings.upstream = upstream.clone();
                self.session.dns.set_resolvers(&upstream.resolvers, now);
                self.session.datagrams.network_changed();
                self.session.engine.set_upstream(upstream, now);
            }
            Command::NetworkChanged => {
                let resolvers = &self.settings.upstream.resolvers;
                self.session.dns.set_resolvers(resolvers, now);
                self.session.datagrams.network_changed();
                self.session.engine.network_changed(now);
            }
            Command::ReplaceDevice(device, reply) => {
                // Whoever asked may have lost patience.
                let _ = reply.try_send(self.replace_device(device));
            }
            Command::Owner(question, owner) => self.session.engine.handle_owner(question, owner, now),
            Command::Snapshot(reply) => {
                let (engine, asked_most) = {
                    let engine = &self.session.engine;
                    (engine.stats(), engine.asked_most(ASKED_MOST))
                };
                // Whoever asked may have lost patience.
                let _ = reply.try_send(Snapshot {
                    engine,
                    tunnel: self.stats,
                    asked_most,
                });
            }
            Command::SetTold(told) => self.outlet.told = told,
            Command::SetSystemNetwork(network) => {
                self.settings.system_network = network;
                self.session.dns.set_system_network(network);
            }
            #[cfg(any(test, debug_assertions))]
            Command::Panic(text) => panic!("{text}"),
        }
        Ok(())
    }

    fn replace_device(&mut self, device: Device) -> io::Result<()> {
        device.register(self.poll.registry())?;
        let old = mem::replace(&mut self.device, device);
        // Another process may hold a copy of the old descriptor, which would keep it in epoll. One that epoll has lost
        // already is as good.
        let _ = old.deregister(self.poll.registry());
        self.retired = Some((old, LAST_BATCHES));
        self.device_ready = true;
        Ok(())
    }

    /// Fills the batch: from a device that was replaced, until nothing is left in it, or from the one in use.
    fn read_device(&mut self) -> Result<(), RunError> {
        if let Some((old, left)) = self.retired.take() {
            // An error says that it is gone, which is the plan.
            if matches!(old.read(&mut self.batch), Ok(Queue::Perhaps)) && left > 1 {
                self.retired = Some((old, left - 1));
            }
        } else if self.device_ready {
            let queue = self.device.read(&mut self.batch).map_err(RunError::Device)?;
            self.device_ready = queue == Queue::Perhaps;
        }
        Ok(())
    }

    /// The engine is in no known state: start anew, and tell of the outage.
    fn recover(&mut self, began: Timestamp, text: String) -> Result<(), RunError> {
        self.stats.panics += 1;
        self.panics.retain(|at| began.since(*at) < PANIC_WINDOW);
        self.panics.push(began);
        if self.panics.len() > PANICS_AT_MOST {
            return Err(RunError::Panics);
        }
        tracing::error!("the engine panicked and is built anew");
        self.rebuild(began).map_err(RunError::Rebuild)?;
        let lasted = clock::now().since(began);
        self.outlet.stage(Notice::Outage {
            at: began,
            lasted,
            text,
        });
        self.outlet.flush();
        Ok(())
    }
}

/// What a panic said.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

/// How long to sleep for what is due at `due`; not at all for what has passed.
fn on_grid(due: Timestamp, now: Timestamp) -> Duration {
    if due <= now {
        return Duration::ZERO;
    }
    let grid = GRID.as_micros() as u64;
    Timestamp::from_micros(due.as_micros().div_ceil(grid).saturating_mul(grid)).since(now)
}

#[cfg(test)]
mod tests;
