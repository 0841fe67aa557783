//! One run of the tunnel, as the app drives it: plain functions, without a virtual machine.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use blocklist::{AppId, Rules};
use engine::{Config, Upstream};
use tunnel::{Device, Events, Handle, RunError, Sockets, SystemResolver, Told, Tunnel};

use crate::clock::{on_wall, wall_offset};
use crate::error::{BridgeError, code, end_of};
use crate::event::Event;
use crate::rules::{self, Built, Mistakes};
use crate::settings::{ListFile, Log, Network, Settings};
use crate::shelf::Shelf;
use crate::snapshot::Snapshot;
use crate::stamp::Stamp;
use crate::teller::{Teller, question_of};

/// Notices taken at once: about 64 KiB of events.
const BATCH: usize = 512;

/// Between two batches, unless somebody waits for an answer: a person does not see it, and the engine is spared wake-ups.
const PAUSE: Duration = Duration::from_millis(200);

/// A running tunnel.
#[derive(Debug)]
pub struct Session {
    handle: Handle,
    events: Events,
    state: Mutex<State>,
    thread: Mutex<Thread>,
    teller: Mutex<Teller>,
    stamp: Option<Arc<Stamp>>,
}

/// What is in force.
#[derive(Debug)]
struct State {
    settings: Settings,
    network: u64,
    /// What the engine was told of it last.
    upstream: Upstream,
    shelf: Shelf,
    /// The latest rules, behind those that events may still speak of, each with its number.
    rules: VecDeque<(u64, Arc<Rules>)>,
    list_version: u64,
    /// Events that did not come from the engine.
    pending: Vec<Event>,
}

#[derive(Debug)]
enum Thread {
    Running(JoinHandle<Result<(), RunError>>),
    Ended { code: u32, text: String, told: bool },
}

impl Session {
    /// Begins a session on a TUN.
    pub fn start(fd: OwnedFd, settings: Settings, network: &Network) -> Result<Self, BridgeError> {
        Self::start_with(fd, settings, network, Shelf::new())
    }

    pub(crate) fn start_with(
        fd: OwnedFd,
        settings: Settings,
        network: &Network,
        mut shelf: Shelf,
    ) -> Result<Self, BridgeError> {
        let Built {
            rules,
            list_version,
            refused: mut pending,
        } = rules::build(&settings, &mut shelf, Mistakes::LeaveOut)?;
        let rules = Arc::new(rules);
        let stamp = open_stamp(&settings, &mut pending);
        let device = Device::from_fd(fd).map_err(BridgeError::Descriptor)?;
        let tunnel_settings = tunnel_settings(&settings, network, Arc::clone(&rules), stamp.clone());
        let (mut tunnel, handle, events) = Tunnel::new(device, tunnel_settings)?;
        let thread = thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || tunnel.run())
            .map_err(|source| BridgeError::System {
                what: "cannot start the engine's thread",
                source,
            })?;
        Ok(Self {
            handle,
            events,
            state: Mutex::new(State {
                settings,
                network: network.handle,
                upstream: network.upstream.clone(),
                shelf,
                rules: VecDeque::from([(0, rules)]),
                list_version,
                pending,
            }),
            thread: Mutex::new(Thread::Running(thread)),
            teller: Mutex::default(),
            stamp,
        })
    }

    /// Goes on with another TUN; the old one is closed once the new one is in use.
    pub fn replace_descriptor(&self, fd: OwnedFd) -> Result<(), BridgeError> {
        let device = Device::from_fd(fd).map_err(BridgeError::Descriptor)?;
        Ok(self.handle.replace_device(device)?)
    }

    /// Brings settings and their lists into force, or leaves all as it was.
    pub fn replace_settings(&self, settings: Settings) -> Result<(), BridgeError> {
        let mut state = lock(&self.state);
        self.replace(&mut state, settings, Mistakes::Refuse)
    }

    /// Brings lists into force.
    pub fn replace_lists(&self, lists: Vec<ListFile>) -> Result<(), BridgeError> {
        let mut state = lock(&self.state);
        let settings = Settings {
            lists,
            ..state.settings.clone()
        };
        self.replace(&mut state, settings, Mistakes::LeaveOut)
    }

    fn replace(&self, state: &mut State, settings: Settings, mistakes: Mistakes) -> Result<(), BridgeError> {
        let built = rules::build(&settings, &mut state.shelf, mistakes)?;
        let rules = Arc::new(built.rules);
        self.handle.set_told(told(settings.log))?;
        self.handle.set_choices(settings.choices())?;
        // The notice of it, which comes after this, wakes whoever takes the pending events.
        state.pending.extend(built.refused);
        self.handle.replace_rules(Arc::clone(&rules))?;
        let number = state.rules.back().map_or(0, |(number, _)| number + 1);
        state.rules.push_back((number, rules));
        state.list_version = built.list_version;
        state.settings = settings;
        Ok(())
    }

    /// Says what the network of the moment offers; flows of another network are reset.
    pub fn network_changed(&self, network: &Network) -> Result<(), BridgeError> {
        let mut state = lock(&self.state);
        // Android tells of every change of signal strength; sockets and battery are not to pay for it.
        if state.upstream != network.upstream {
            self.handle.set_upstream(network.upstream.clone())?;
            state.upstream = network.upstream.clone();
        }
        if state.network != network.handle {
            self.handle.set_system_network(network.handle)?;
            self.handle.network_changed()?;
            state.network = network.handle;
        }
        Ok(())
    }

    /// What happened, oldest first; waits for something. `None` once everything was told.
    pub fn next_events(&self) -> Option<Vec<Event>> {
        let mut teller = lock(&self.teller);
        loop {
            let mut told = std::mem::take(&mut lock(&self.state).pending);
            if !told.is_empty() {
                return Some(told);
            }
            let notices = self.events.next_paced(BATCH, PAUSE);
            if notices.is_empty() {
                return self.end();
            }
            let now = tunnel::now();
            let offset = wall_offset(now);
            {
                let mut state = lock(&self.state);
                told.append(&mut state.pending);
                for notice in notices {
                    teller.tell(notice, &mut state.rules, offset, &mut told);
                }
            }
            if !told.is_empty() {
                return Some(told);
            }
        }
    }

    /// Answers who owns a flow.
    pub fn answer_owner(&self, question: u64, uid: Option<u32>) -> Result<(), BridgeError> {
        Ok(self.handle.owner(question_of(question), uid.map(AppId))?)
    }

    /// All counters.
    pub fn snapshot(&self) -> Result<Snapshot, BridgeError> {
        let counters = self.handle.snapshot()?;
        let now = tunnel::now();
        let last_packet = counters.tunnel.last_packet;
        let last_seen_app = last_packet.map_or(0, |at| on_wall(at, wall_offset(now)));
        let state = lock(&self.state);
        let Some((_, rules)) = state.rules.back() else {
            return Err(BridgeError::Ended);
        };
        Ok(Snapshot::new(counters, last_seen_app, rules, state.list_version))
    }

    /// Ends the session and waits for its thread; the descriptor is closed then.
    pub fn stop(&self) {
        // An error says that the loop has ended, or that it wakes by itself.
        let _ = self.handle.stop();
        drop(self.join());
        if let Some(stamp) = &self.stamp {
            stamp.stopped(tunnel::now());
        }
    }

    /// Has the engine panic, for tests of what comes after it.
    #[cfg(debug_assertions)]
    pub fn panic(&self, text: &str) -> Result<(), BridgeError> {
        Ok(self.handle.panic(text)?)
    }

    /// Whether the end was told.
    pub(crate) fn is_over(&self) -> bool {
        matches!(&*lock(&self.thread), Thread::Ended { told: true, .. })
    }

    /// Waits for the thread.
    fn join(&self) -> MutexGuard<'_, Thread> {
        let mut thread = lock(&self.thread);
        let ended = Thread::Ended {
            code: code::NONE,
            text: String::new(),
            told: false,
        };
        match std::mem::replace(&mut *thread, ended) {
            Thread::Running(running) => {
                let (code, text) = match running.join() {
                    Ok(outcome) => end_of(&outcome),
                    Err(payload) => (code::PANIC, tunnel::panic_text(payload.as_ref())),
                };
                *thread = Thread::Ended {
                    code,
                    text,
                    told: false,
                };
            }
            before @ Thread::Ended { .. } => *thread = before,
        }
        thread
    }

    /// Tells the end, once.
    fn end(&self) -> Option<Vec<Event>> {
        match &mut *self.join() {
            Thread::Ended { code, text, told } if !*told => {
                *told = true;
                let (code, text) = (*code, text.clone());
                Some(vec![Event::Ended { code, text }])
            }
            _ => None,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind the locks is whole after each step, so a panic elsewhere is no reason to lose it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_stamp(settings: &Settings, pending: &mut Vec<Event>) -> Option<Arc<Stamp>> {
    let path = settings.stamp.as_ref()?;
    match Stamp::open(path, tunnel::now()) {
        Ok(stamp) => Some(Arc::new(stamp)),
        // Then the life after this one knows less; that is no reason not to begin.
        Err(error) => {
            pending.push(Event::ListRefused {
                path: path.clone(),
                code: code::SYSTEM,
                text: error.to_string(),
            });
            None
        }
    }
}

const fn told(log: Log) -> Told {
    match log {
        Log::Off => Told::Nothing,
        Log::Stopped => Told::Refusals,
        Log::All => Told::Everything,
    }
}

fn tunnel_settings(
    settings: &Settings,
    network: &Network,
    rules: Arc<Rules>,
    stamp: Option<Arc<Stamp>>,
) -> tunnel::Settings {
    let largest = tunnel::segment_cap();
    let mut config = Config {
        mtu: settings.mtu,
        segment_cap: match settings.segment_limit {
            0 => largest,
            limit => largest.min(limit as usize).max(settings.mtu.into()),
        },
        depth: settings.depth,
        own_resolvers: settings.own_resolvers.clone(),
        blocked_ttl: settings.blocked_answer,
        shared_ttl: settings.shared_answer,
        names_owners: settings.knows_owners,
        ..Config::default()
    };
    config.choose(settings.choices());
    let config = match tunnel::raise_descriptor_limit() {
        Ok(limit) => tunnel::fitted(config, limit),
        Err(error) => {
            tracing::warn!(%error, "the limit on open files is not known");
            config
        }
    };
    let system = settings.asks_system.then(SystemResolver::find).flatten();
    if settings.asks_system && system.is_none() {
        tracing::warn!("the system has no resolver to ask; questions go through sockets");
    }
    tunnel::Settings {
        config,
        rules,
        upstream: network.upstream.clone(),
        // The app's own package is outside of the tunnel.
        sockets: Sockets::new(),
        knows_owners: settings.knows_owners,
        told: told(settings.log),
        system: system.map(Arc::new),
        system_network: network.handle,
        awake: stamp.map(|stamp| -> tunnel::Awake { Arc::new(move |now| stamp.awake(now)) }),
    }
}

#[cfg(test)]
mod tests;
