//! Commands to a running tunnel, from any thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use blocklist::{AppId, Rules};
use engine::{Asked, Choices, OwnerQuestion, Stats, Upstream};
use mio::{Registry, Waker};
use thiserror::Error;

use crate::token::Source;
use crate::{Device, Told, TunnelStats};

/// Commands that wait for the loop.
const INBOX_LEN: usize = 1_024;

/// How long an answer of the loop is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a command was not taken.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The tunnel has ended.
    #[error("the tunnel has ended")]
    Ended,
    /// The loop is behind with commands, or does not answer.
    #[error("the tunnel is too busy for commands")]
    Busy,
    /// The new device cannot be used; the old one stays in use.
    #[error("cannot go on with this TUN device")]
    Device(#[source] io::Error),
    /// The loop could not be woken.
    #[error("cannot wake the tunnel")]
    Wake(#[source] io::Error),
}

/// All counters of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The engine's.
    pub engine: Stats,
    /// The tunnel's own.
    pub tunnel: TunnelStats,
    /// What was refused most often, the most often first.
    pub asked_most: Vec<Asked>,
}

/// Speaks to a running [`Tunnel`](crate::Tunnel).
#[derive(Debug, Clone)]
pub struct Handle {
    sender: SyncSender<Command>,
    waker: Arc<Waker>,
    /// Beside the commands, so that a full inbox cannot keep a stop out.
    stopping: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Stop,
    ReplaceRules(Arc<Rules>),
    SetChoices(Choices),
    SetUpstream(Upstream),
    NetworkChanged,
    ReplaceDevice(Device, SyncSender<io::Result<()>>),
    Owner(OwnerQuestion, Option<AppId>),
    SetTold(Told),
    SetSystemNetwork(u64),
    Snapshot(SyncSender<Snapshot>),
    /// Panics in the turn, as a bug in the engine would.
    #[cfg(any(test, debug_assertions))]
    Panic(String),
}

/// The loop's end of the commands.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: Receiver<Command>,
    stopping: Arc<AtomicBool>,
}

pub(crate) fn channel(registry: &Registry) -> io::Result<(Handle, Inbox)> {
    let waker = Arc::new(Waker::new(registry, Source::Waker.token())?);
    let (sender, receiver) = sync_channel(INBOX_LEN);
    let stopping = Arc::new(AtomicBool::new(false));
    let handle = Handle {
        sender,
        waker,
        stopping: Arc::clone(&stopping),
    };
    Ok((handle, Inbox { receiver, stopping }))
}

impl Handle {
    /// Ends [`Tunnel::run`](crate::Tunnel::run): after the commands that wait, or before them where there is no room for one
    /// more.
    pub fn stop(&self) -> Result<(), CommandError> {
        match self.send(Command::Stop) {
            Err(CommandError::Busy) => {
                self.stopping.store(true, Ordering::Release);
                self.waker.wake().map_err(CommandError::Wake)
            }
            sent => sent,
        }
    }

    /// Swaps the rules; open flows are judged again.
    pub fn replace_rules(&self, rules: Arc<Rules>) -> Result<(), CommandError> {
        self.send(Command::ReplaceRules(rules))
    }

    /// Takes other choices of the owner. Send the rules after them, which judges what is open by both.
    pub fn set_choices(&self, choices: Choices) -> Result<(), CommandError> {
        self.send(Command::SetChoices(choices))
    }

    /// Says what the network of the moment offers.
    pub fn set_upstream(&self, upstream: Upstream) -> Result<(), CommandError> {
        self.send(Command::SetUpstream(upstream))
    }

    /// The network is another one: flows of the lost one are reset, sockets are recreated.
    pub fn network_changed(&self) -> Result<(), CommandError> {
        self.send(Command::NetworkChanged)
    }

    /// Goes on with another TUN (Android: the next `establish`). The old one is read to its end and closed once the new
    /// one is in use; it stays where the new one cannot be used.
    pub fn replace_device(&self, device: Device) -> Result<(), CommandError> {
        let (sender, receiver) = sync_channel(1);
        self.send(Command::ReplaceDevice(device, sender))?;
        answer(&receiver)?.map_err(CommandError::Device)
    }

    /// Answers [`Notice::WhoOwns`](crate::Notice::WhoOwns); `None` if nobody knows.
    pub fn owner(&self, question: OwnerQuestion, owner: Option<AppId>) -> Result<(), CommandError> {
        self.send(Command::Owner(question, owner))
    }

    /// Reads all counters.
    pub fn snapshot(&self) -> Result<Snapshot, CommandError> {
        let (sender, receiver) = sync_channel(1);
        self.send(Command::Snapshot(sender))?;
        answer(&receiver)
    }

    /// Says which verdicts are told.
    pub fn set_told(&self, told: Told) -> Result<(), CommandError> {
        self.send(Command::SetTold(told))
    }

    /// Says which network the system's resolver is to ask in (Android's handle of it; 0 for the default).
    pub fn set_system_network(&self, network: u64) -> Result<(), CommandError> {
        self.send(Command::SetSystemNetwork(network))
    }

    /// Makes the engine panic with this text, so that tests see how it is built anew. No release has it.
    #[cfg(any(test, debug_assertions))]
    pub fn panic(&self, text: &str) -> Result<(), CommandError> {
        self.send(Command::Panic(text.to_owned()))
    }

    fn send(&self, command: Command) -> Result<(), CommandError> {
        self.sender.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => CommandError::Busy,
            TrySendError::Disconnected(_) => CommandError::Ended,
        })?;
        self.waker.wake().map_err(CommandError::Wake)
    }
}

fn answer<T>(receiver: &Receiver<T>) -> Result<T, CommandError> {
    receiver.recv_timeout(PATIENCE).map_err(|error| match error {
        RecvTimeoutError::Timeout => CommandError::Busy,
        RecvTimeoutError::Disconnected => CommandError::Ended,
    })
}

impl Inbox {
    /// Whether the tunnel is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The next command that waits.
    pub(crate) fn next(&self) -> Option<Command> {
        self.receiver.try_recv().ok()
    }
}
