//! The tunnel: what it is built from, and built from again after a panic.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use blocklist::Rules;
use engine::{Batch, Config, Engine, Timestamp, Upstream};
use mio::Poll;
use thiserror::Error;

use crate::clock;
use crate::device::Device;
use crate::dns::DnsSockets;
use crate::handle::{self, Handle, Inbox};
use crate::notices::{self, Events, Outlet, Told};
use crate::session::{Session, TunnelStats};
use crate::sockets::Sockets;
use crate::system::SystemResolver;
use crate::thaw::{Moment, Thaw};

/// Events taken from epoll at once.
const EVENTS: usize = 256;

/// Why a tunnel could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No epoll, or the device does not take part in it.
    #[error("cannot wait for the TUN device")]
    Poll(#[source] io::Error),
    /// No randomness.
    #[error("cannot read random bytes from the system")]
    Seed(#[source] io::Error),
}

/// What a tunnel starts with.
#[derive(Clone)]
pub struct Settings {
    /// The engine's settings. For its `segment_cap` see [`segment_cap`](crate::segment_cap).
    pub config: Config,
    /// The rules.
    pub rules: Arc<Rules>,
    /// What the network offers.
    pub upstream: Upstream,
    /// How upstream sockets are kept out of the tunnel.
    pub sockets: Sockets,
    /// Whether somebody answers [`Notice::WhoOwns`](crate::Notice::WhoOwns). If not, no flow has a known owner.
    pub knows_owners: bool,
    /// Which verdicts are told.
    pub told: Told,
    /// The system's resolver, where questions go through it and not through sockets of our own.
    pub system: Option<Arc<SystemResolver>>,
    /// The network in which it is to ask; 0 for the default.
    pub system_network: u64,
    /// Called in each turn of the loop.
    pub awake: Option<Awake>,
}

/// What is called with the time when the loop is awake anyway; it must not wait for anything.
pub type Awake = Arc<dyn Fn(Timestamp) + Send + Sync>;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("config", &self.config)
            .field("upstream", &self.upstream)
            .field("sockets", &self.sockets)
            .field("system", &self.system.is_some())
            .finish_non_exhaustive()
    }
}

/// A TUN, an engine, and the sockets between it and the network.
#[derive(Debug)]
pub struct Tunnel {
    pub(crate) poll: Poll,
    pub(crate) events: mio::Events,
    pub(crate) device: Device,
    /// A device that was replaced, and how many batches of it may still be read.
    pub(crate) retired: Option<(Device, u8)>,
    /// The device's queue may hold packets for which no event will come.
    pub(crate) device_ready: bool,
    pub(crate) batch: Batch,
    pub(crate) session: Session,
    pub(crate) settings: Settings,
    pub(crate) inbox: Inbox,
    pub(crate) outlet: Outlet,
    pub(crate) stats: TunnelStats,
    pub(crate) thaw: Thaw,
    pub(crate) stopping: bool,
    /// When the latest panics were.
    pub(crate) panics: Vec<Timestamp>,
}

impl Tunnel {
    /// A tunnel on `device`. It does nothing before [`Self::run`].
    pub fn new(device: Device, settings: Settings) -> Result<(Self, Handle, Events), StartError> {
        let poll = Poll::new().map_err(StartError::Poll)?;
        device.register(poll.registry()).map_err(StartError::Poll)?;
        let (handle, inbox) = handle::channel(poll.registry()).map_err(StartError::Poll)?;
        let (mut outlet, events) = notices::queue();
        outlet.told = settings.told;
        let tunnel = Self {
            session: new_session(&settings, clock::now())?,
            batch: Batch::new(usize::from(settings.config.mtu)),
            poll,
            events: mio::Events::with_capacity(EVENTS),
            device,
            retired: None,
            // The device may have been filled before it was registered.
            device_ready: true,
            settings,
            inbox,
            outlet,
            stats: TunnelStats::default(),
            thaw: Thaw::new(Moment::read()),
            stopping: false,
            panics: Vec::new(),
        };
        Ok((tunnel, handle, events))
    }

    /// Drops engine and sockets, and starts anew with the settings of the moment.
    pub(crate) fn rebuild(&mut self, now: Timestamp) -> Result<(), StartError> {
        self.session = new_session(&self.settings, now)?;
        self.batch.clear();
        self.device_ready = true;
        Ok(())
    }
}

fn new_session(settings: &Settings, now: Timestamp) -> Result<Session, StartError> {
    let seed = read_seed().map_err(StartError::Seed)?;
    let mut engine = Engine::new(settings.config.clone(), Arc::clone(&settings.rules), seed);
    engine.set_upstream(settings.upstream.clone(), now);
    let mut dns = DnsSockets::new(read_seed().map_err(StartError::Seed)?);
    dns.set_resolvers(&settings.upstream.resolvers, now);
    if let Some(system) = &settings.system {
        dns.ask_system(Arc::clone(system), settings.system_network);
    }
    Ok(Session::new(
        engine,
        dns,
        settings.sockets.clone(),
        settings.knows_owners,
    ))
}

fn read_seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    Ok(seed)
}
